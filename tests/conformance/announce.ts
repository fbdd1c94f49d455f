// The program that the suite starts for each kind of server that it wants: it says where the one server is that speaks all of
// them (in hex, the first argument), and ends when it is told to.
process.stdout.write(Buffer.from(process.argv[2] ?? '', 'hex'));
process.on('SIGTERM', () => process.exit(0));
setInterval(() => undefined, 60_000);
