import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import 'reflect-metadata';
import { CACHE_MANAGER, type Cache, CacheInterceptor, CacheModule } from '@nestjs/cache-manager';
import { Controller, Get, type INestApplication, Module, Param, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createCache as createManager } from 'cache-manager';
import { Cacheable } from 'cacheable';
import { got } from 'got';
import { afterEach, describe, expect, it } from 'vitest';
import { createKeyv, Keyv5Store } from '../../../src/keyv.ts';
import { describeHost } from '../compatibility.ts';
import { places } from '../places.ts';

const suite = 'our own tests';

describe.each(places)('$name', ({ name: setUp, open }) => {
  const opened = open();
  afterEach(async () => opened().clear());

  describeHost({ host: 'cache-manager', suite, setUp }, () => {
    const create = (): ReturnType<typeof createManager> =>
      createManager({ stores: [createKeyv(opened(), { namespace: 'manager' })], ttl: 60_000 });

    it('two have the same entries', async () => {
      const [one, two] = [create(), create()];
      await one.set('ada', { name: 'Ada' });
      expect(await two.get('ada')).toEqual({ name: 'Ada' });
      expect(await opened().keys()).toEqual(['manager:ada']);
      await two.del('ada');
      expect(await one.get('ada')).toBeUndefined();
    });

    it('sets, gets and deletes many', async () => {
      const manager = create();
      await manager.mset([
        { key: 'ada', value: 1 },
        { key: 'bob', value: 2, ttl: 30_000 },
      ]);
      expect(await manager.mget(['bob', 'none', 'ada'])).toEqual([2, undefined, 1]);
      const expires = Date.now() + 30_000;
      expect(await manager.ttl('bob')).toBeLessThanOrEqual(expires);
      expect(await opened().ttl('manager:bob')).toBeLessThanOrEqual(30_000);
      await manager.mdel(['ada', 'bob']);
      expect(await manager.mget(['ada', 'bob'])).toEqual([undefined, undefined]);
    });

    it('wraps a function, which runs once for all', async () => {
      const [one, two] = [create(), create()];
      let runs = 0;
      const load = async (): Promise<string> => {
        runs += 1;
        return 'loaded';
      };
      expect(await one.wrap('ada', load)).toBe('loaded');
      expect(await two.wrap('ada', load)).toBe('loaded');
      expect(runs).toBe(1);
    });

    it('clears its namespace alone', async () => {
      const manager = create();
      await manager.set('ada', 1);
      await opened().put('other', 2);
      await manager.clear();
      expect(await manager.get('ada')).toBeUndefined();
      expect(await opened().keys()).toEqual(['other']);
    });
  });

  describeHost({ host: 'cacheable', suite, setUp }, () => {
    it('two have the same second level', async () => {
      const create = (): Cacheable => new Cacheable({ secondary: createKeyv(opened()) });
      const [one, two] = [create(), create()];
      await one.set('ada', { name: 'Ada' }, '1m');
      expect(await two.get('ada')).toEqual({ name: 'Ada' });
      expect(await opened().count()).toBe(1);
      await one.setMany([
        { key: 'bob', value: 1 },
        { key: 'eve', value: 2 },
      ]);
      expect(await two.getMany(['eve', 'bob'])).toEqual([2, 1]);
      await one.delete('bob');
      expect(await opened().count()).toBe(2);
      await one.clear();
      expect(await opened().count()).toBe(0);
      await Promise.all([one.disconnect(), two.disconnect()]);
    });
  });

  describeHost({ host: '@nestjs/cache-manager', suite, setUp }, () => {
    it.each([
      ['a Keyv', () => createKeyv(opened(), { namespace: 'nest' })],
      ['a store', () => new Keyv5Store(opened())],
    ])('the module of NestJS takes %s', async (_what, store) => {
      class Application {}
      // What the decorator @Module does.
      const stores = store();
      Module({ imports: [CacheModule.register({ stores: [stores], ttl: 60_000, namespace: 'nest' })] })(
        Application,
      );
      const application = await NestFactory.createApplicationContext(Application, { logger: false });
      const manager = application.get<Cache>(CACHE_MANAGER);
      await manager.set('ada', { name: 'Ada' });
      expect(await manager.get('ada')).toEqual({ name: 'Ada' });
      expect(await opened().keys()).toEqual(['nest:ada']);
      const left = await opened().ttl('nest:ada');
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(60_000);
      await application.close();
      // The cache is not NestJS's to close.
      expect(await opened().count()).toBe(1);
    });

    it('two applications share the responses that its interceptor keeps', async () => {
      const calls: string[] = [];
      const start = async (): Promise<INestApplication> => {
        class Users {
          find(id: string): object {
            calls.push(id);
            return { id, call: calls.length };
          }
        }
        class Application {}
        // What decorators do.
        const find = Object.getOwnPropertyDescriptor(Users.prototype, 'find')!;
        Param('id')(Users.prototype, 'find', 0);
        Get(':id')(Users.prototype, 'find', find);
        Controller('users')(Users);
        UseInterceptors(CacheInterceptor)(Users);
        const stores = [new Keyv5Store(opened())];
        Module({ imports: [CacheModule.register({ stores, ttl: 60_000 })], controllers: [Users] })(
          Application,
        );
        const application = await NestFactory.create(Application, { logger: false });
        await application.listen(0, '127.0.0.1');
        return application;
      };
      const applications = [await start(), await start()];
      const answers: unknown[] = [];
      for (const path of ['/users/ada', '/users/bob', '/users/ada'])
        for (const application of applications) {
          const response = await fetch((await application.getUrl()) + path);
          answers.push(await response.json());
        }
      const [ada, bob] = [
        { id: 'ada', call: 1 },
        { id: 'bob', call: 2 },
      ];
      expect(answers).toEqual([ada, ada, bob, bob, ada, ada]);
      expect(calls).toEqual(['ada', 'bob']);
      for (const application of applications) await application.close();
    });
  });

  describeHost({ host: 'got', suite, setUp }, () => {
    it('a response is fetched once', async () => {
      let requests = 0;
      const server = createServer((_request, response) => {
        requests += 1;
        response.setHeader('cache-control', 'max-age=60');
        response.end('hello');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      try {
        const answers = [];
        for (let n = 0; n < 2; n += 1) answers.push(await got(url, { cache: new Keyv5Store(opened()) }));
        expect(answers.map(({ body, isFromCache }) => [body, isFromCache])).toEqual([
          ['hello', false],
          ['hello', true],
        ]);
        expect(requests).toBe(1);
      } finally {
        server.close();
        server.closeAllConnections();
      }
    });
  });
});
