import { type DescMethod, getOption } from '@bufbuild/protobuf';
import { cache_seconds } from '#gen/shopverse/options/v1/options_pb.ts';

/**
 * How long who may keep the answer to a GET. Only what the contract says may be kept is, and only when the client said
 * nothing of itself: what is for somebody is for nobody else.
 */
export function cacheHeaders(method: DescMethod, isAnonymous: boolean): Readonly<Record<string, string>> {
  const seconds = getOption(method, cache_seconds);
  return {
    'cache-control': seconds > 0 && isAnonymous ? `public, max-age=${seconds}` : 'private, no-store',
    // A cache must not answer somebody with what it kept for nobody, nor one encoding with another.
    vary: 'Authorization, X-Shopverse-Guest, X-Shopverse-Service, Accept-Encoding, Origin',
  };
}
