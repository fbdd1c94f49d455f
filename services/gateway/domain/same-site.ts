/** What the browser says of the page that calls; `web` is the header that only a page's own script can add. */
export type PageSaid = {
  readonly origin: string | undefined;
  /** Fetch metadata: `same-origin`, `same-site`, `cross-site` or `none`. */
  readonly fetchSite: string | undefined;
  readonly web: string | undefined;
};

/**
 * Whether a call with a cookie comes from one of the shop's own pages: it has the header `x-shopverse-web`, which a form
 * can't send and another site's script only after a preflight, and the browser calls its page the same origin or names
 * one of `origins`. A browser too old for fetch metadata has to name one. What says neither is no page.
 */
export function isOwnPage({ origin, fetchSite, web }: PageSaid, origins: readonly string[]): boolean {
  if (web !== '1') {
    return false;
  }
  return fetchSite === 'same-origin' || (origin !== undefined && origins.includes(origin));
}
