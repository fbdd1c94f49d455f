import { connectivityState, experimental, status } from '@grpc/grpc-js';
import type { Outliers } from './outliers.ts';

/** The channel option under which a balancer finds its peer's outliers. It makes no connection a different one. */
export const OUTLIERS_OPTION = `${experimental.SUBCHANNEL_ARGS_EXCLUDE_KEY_PREFIX}shopverse.outliers`;

const TYPE = 'outlier_detection';

type Helper = ConstructorParameters<typeof experimental.ChildLoadBalancerHandler>[0];
type Config = experimental.TypedLoadBalancingConfig;

class EjectingConfig implements Config {
  readonly child: Config;

  constructor(child: Config) {
    this.child = child;
  }

  static createFromJson(json: { child_policy: Parameters<typeof experimental.selectLbConfigFromList>[0] }) {
    const child = experimental.selectLbConfigFromList(json.child_policy);
    if (child === null) {
      throw new Error('None of the child policies is known.');
    }
    return new EjectingConfig(child);
  }

  getLoadBalancerName(): string {
    return TYPE;
  }

  toJsonObject(): object {
    return { [TYPE]: { child_policy: [this.child.toJsonObject()] } };
  }
}

class EjectingBalancer implements experimental.LoadBalancer {
  readonly #child: experimental.ChildLoadBalancerHandler;
  #outliers: Outliers | undefined;

  constructor(helper: Helper) {
    this.#child = new experimental.ChildLoadBalancerHandler(
      experimental.createChildChannelControlHelper(helper, {
        updateState: (state, picker, message) => {
          const outliers = this.#outliers;
          const judged = state === connectivityState.READY && outliers !== undefined;
          helper.updateState(state, judged ? new EjectingPicker(picker, outliers) : picker, message);
        },
      }),
    );
  }

  updateAddressList(
    ...[endpoints, config, options, note]: Parameters<experimental.LoadBalancer['updateAddressList']>
  ) {
    if (!(config instanceof EjectingConfig)) {
      return false;
    }
    this.#outliers = options[OUTLIERS_OPTION] as Outliers | undefined;
    if (endpoints.ok) {
      const addresses = endpoints.value.flatMap((each) =>
        each.addresses.map(experimental.subchannelAddressToString),
      );
      this.#outliers?.known(addresses);
    }
    return this.#child.updateAddressList(endpoints, config.child, options, note);
  }

  exitIdle(): void {
    this.#child.exitIdle();
  }

  resetBackoff(): void {
    this.#child.resetBackoff();
  }

  destroy(): void {
    this.#child.destroy();
  }

  getTypeName(): string {
    return TYPE;
  }
}

class EjectingPicker implements experimental.Picker {
  readonly #child: experimental.Picker;
  readonly #outliers: Outliers;

  constructor(child: experimental.Picker, outliers: Outliers) {
    this.#child = child;
    this.#outliers = outliers;
  }

  pick(args: experimental.PickArgs): experimental.PickResult {
    let picked = this.#child.pick(args);
    // The one below takes turns, so that another comes next. When all that are connected are out, one of them serves.
    for (let turn = this.#outliers.count(); turn > 0 && this.#isOut(picked); turn -= 1) {
      picked = this.#child.pick(args);
    }
    const address = picked.subchannel?.getAddress();
    if (address === undefined) {
      return picked;
    }
    const { onCallEnded } = picked;
    return {
      ...picked,
      onCallEnded: (code, details, metadata) => {
        this.#outliers.ended(address, code === status.UNAVAILABLE);
        onCallEnded?.(code, details, metadata);
      },
    } as experimental.PickResult;
  }

  #isOut({ subchannel }: experimental.PickResult): boolean {
    return subchannel !== null && this.#outliers.isOut(subchannel.getAddress());
  }
}

/**
 * Puts a balancer that leaves out who fails in the place of gRPC's own, which is above every other under xDS: that one goes by
 * shares over long times, and istiod tells proxyless clients nothing of a DestinationRule's errors in a row.
 */
export function registerEjectingBalancer(): void {
  experimental.registerLoadBalancerType(TYPE, EjectingBalancer, EjectingConfig);
}

/** The service config of a channel whose addresses are listed. */
export const ROUND_ROBIN_WITHOUT_OUTLIERS = JSON.stringify({
  loadBalancingConfig: [{ [TYPE]: { child_policy: [{ round_robin: {} }] } }],
});
