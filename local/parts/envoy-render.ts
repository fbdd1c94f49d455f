/** Prints the edge's bootstrap: `node envoy-render.ts GENERATOR OPTIONS_AS_JSON`. */
const [generator = '', options = '{}'] = process.argv.slice(2);
const { renderEnvoy } = await import(generator);
const { bootstrap } = await renderEnvoy(JSON.parse(options));
console.log(JSON.stringify(bootstrap, null, 2));
