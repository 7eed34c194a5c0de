import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Connection, Listener } from '../../src/transport.ts';
import { socketTransport } from '../../src/transports/socket.ts';

const secret = 'correct horse battery staple';

describe('socketTransport', () => {
  it('listens at one kind of address and dials all', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'cx-'));
    const transport = socketTransport({ secret });
    const open: (Listener | Connection)[] = [];
    for (const address of [`unix:${directory}/a.sock`, 'tcp://127.0.0.1:0', 'tls://127.0.0.1:0']) {
      const arrived = new Promise<Connection>((resolve) => {
        void transport.listen(address, resolve).then(async (listener) => {
          const dialled = await transport.connect(listener.address);
          open.push(listener, dialled);
          dialled.send(Buffer.from(address));
        });
      });
      const connection = await arrived;
      open.push(connection);
      const heard = new Promise<string>((resolve) => {
        connection.handle({ data: (bytes) => resolve(Buffer.from(bytes).toString()), close: () => {} });
      });
      expect(await heard).toBe(address);
    }
    for (const each of open) await each.close();
    await rm(directory, { recursive: true });
  });

  it('refuses addresses of no kind that it knows', async () => {
    const { listen, connect } = socketTransport();
    for (const address of ['/tmp/a.sock', 'nats://a', 'tcp://a']) {
      await expect(listen(address, () => {})).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        message: expect.stringMatching(/^listen: /),
      });
      await expect(connect(address)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
  });

  it.each(['too short', Buffer.alloc(15), 5 as never])(
    'refuses %s as a secret, without telling it',
    (bad) => {
      expect(() => socketTransport({ secret: bad })).toThrow(
        expect.objectContaining({
          code: 'INVALID_OPTION',
          message: expect.stringMatching(/^secret: (?!.*too short)/),
        }),
      );
    },
  );
});
