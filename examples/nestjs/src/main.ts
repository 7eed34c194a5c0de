// `node dist/main.js [port]`: a directory of users. Start it as often as you like; all that run share one cache.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.ts';

const [port = '3000'] = process.argv.slice(2);
const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
// SIGTERM closes the application, and with it the node.
app.enableShutdownHooks();
await app.listen(Number(port), '127.0.0.1');
console.log(`listening at ${await app.getUrl()}`);
