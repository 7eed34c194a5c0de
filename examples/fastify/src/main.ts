// `node dist/main.js [port]`: a magazine. Start it as often as you like; all that run share one cache.
import { magazine } from './magazine.ts';

const [port = '3000'] = process.argv.slice(2);
const app = await magazine();
console.log(`listening at ${await app.listen({ port: Number(port), host: '127.0.0.1' })}`);
const stop = async (): Promise<void> => {
  await app.close();
  process.exit();
};
process.once('SIGTERM', stop).once('SIGINT', stop);
