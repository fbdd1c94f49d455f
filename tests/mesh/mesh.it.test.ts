import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ensurePeople } from '../../local/shop/accounts.ts';
import { openStack } from '../../local/stack.ts';
import { allActs } from './acts.ts';
import { openScene, type Scene } from './scene.ts';

/** The campaign restarts all eight services, and has an instance leave in order too. */
const LEFT_OUT = /goes and comes back|every instance of (?!order)/;

let scene: Scene;

before(async () => {
  const stack = openStack();
  await ensurePeople(stack);
  scene = await openScene(stack);
});

after(() => scene?.close());

for (const act of allActs({ calls: 200, loadMs: 1_500 })) {
  if (LEFT_OUT.test(act.name)) continue;
  test(`the mesh: ${act.name}`, { timeout: 240_000 }, async () => {
    const seen = await act.play(scene);
    assert.ok(seen.length > 0);
    assert.deepEqual(
      seen.filter(({ held }) => !held),
      [],
    );
  });
}
