import { Code, ConnectError } from '@connectrpc/connect';
import { v5 as uuidv5 } from 'uuid';
import { InventoryService } from '#gen/shopverse/inventory/v1/inventory_service_pb.ts';
import type { YearProduct } from '../grocer/year.ts';
import { GROCER } from './catalogue.ts';
import { patiently } from './patiently.ts';
import type { Session } from './session.ts';

const BATCH = 1000;
const LOCATION = 'main';

/** What lies there beyond what the year sells, so that people can shop beside the replay. */
const SPARE = 100;

/** Books the year's stock in through the edge. Booking the same again within the idempotency keys' life books nothing. */
export async function bookStock(
  warehouse: Session,
  products: readonly YearProduct[],
  progress: (done: number) => void,
  name = 'stock-1',
): Promise<void> {
  const client = warehouse.client(InventoryService);
  const location = { locationId: LOCATION, displayName: 'Main warehouse', priority: 1 };
  await client.createLocation({ location }).catch((error: unknown) => {
    // Somebody made it before, under another name perhaps.
    if (ConnectError.from(error).code !== Code.AlreadyExists) throw error;
  });
  for (let at = 0; at < products.length; at += BATCH) {
    const receipt = {
      requestId: uuidv5(`${name} ${at}`, GROCER),
      locationId: LOCATION,
      lines: products.slice(at, at + BATCH).map(({ sku, unitsSold }) => ({
        sku,
        quantity: BigInt(unitsSold + SPARE),
        restockThreshold: 20n,
      })),
    };
    await patiently(() => client.receiveStock(receipt));
    progress(Math.min(at + BATCH, products.length));
  }
}
