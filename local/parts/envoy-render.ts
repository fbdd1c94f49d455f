/** Prints what Envoy reads, as JSON: `node envoy-render.ts GENERATOR OPTIONS_AS_JSON`. */
const [generator = '', options = '{}'] = process.argv.slice(2);
const { renderEnvoy } = await import(generator);
console.log(JSON.stringify(await renderEnvoy(JSON.parse(options))));
