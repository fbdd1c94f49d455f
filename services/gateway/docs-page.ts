import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { HttpHandler } from '#platform/service/http-handler.ts';

/** Everything is this origin's own; images within the stylesheet are data. Nobody may frame the page. */
const HEADERS = {
  'content-security-policy': [
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'",
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'public, max-age=300',
};

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>ShopVerse API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="api"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null });\n`;

/** The API's description, and a page to read and try it. */
export const docsRoutes: Readonly<Record<string, HttpHandler>> = {
  'GET /openapi.json': fileRoute('application/json', () => import.meta.resolve('../../docs/openapi.json')),
  'GET /docs': async () => ({ status: 200, headers: typed('text/html; charset=utf-8'), body: PAGE }),
  'GET /docs/start.js': async () => ({ status: 200, headers: typed('text/javascript'), body: START }),
  'GET /docs/swagger-ui.css': fileRoute('text/css', () =>
    import.meta.resolve('swagger-ui-dist/swagger-ui.css'),
  ),
  'GET /docs/swagger-ui-bundle.js': fileRoute('text/javascript', () =>
    import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js'),
  ),
};

/** A file of the clone or of a package, found when it is first asked for. */
function fileRoute(type: string, find: () => string): HttpHandler {
  let bytes: Promise<Buffer> | undefined;
  return async () => {
    bytes ??= readFile(fileURLToPath(find()));
    return { status: 200, headers: typed(type), body: await bytes };
  };
}

function typed(type: string): Readonly<Record<string, string>> {
  return { ...HEADERS, 'content-type': type };
}
