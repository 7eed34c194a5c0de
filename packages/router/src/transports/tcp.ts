import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import type { Clock } from '../clock.ts';
import { RouterError } from '../errors.ts';
import type { Connection, Listener } from '../transport.ts';
import { formatAddress, type HostAddress } from './address.ts';
import { type Attempt, networkOptions, opened, SocketConnection } from './socket-connection.ts';

/** Listens at a port; anybody who reaches it is accepted. */
export async function listenTcp(
  at: HostAddress,
  clock: Clock,
  accept: (connection: Connection) => void,
): Promise<Listener> {
  const server = createServer(networkOptions, (socket) => accept(new SocketConnection(socket, clock)));
  return bind(server, at);
}

/** Has a server listen at a port, port 0 meaning any that is free. */
export async function bind(server: Server, at: HostAddress): Promise<Listener> {
  const { host, port } = at;
  await new Promise<void>((resolve, reject) => {
    const refuse = (cause: Error): void =>
      reject(
        new RouterError('INVALID_OPTION', `listen: ${formatAddress(at)} cannot be had: ${cause.message}`, {
          cause,
        }),
      );
    server.once('error', refuse);
    // Exclusive: a worker of node:cluster must not share its port with the others.
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', refuse);
      resolve();
    });
  });
  server.unref();
  // Running out of descriptors fails one accept; the listener goes on.
  server.on('error', () => {});
  const close = async (): Promise<void> => void server.close();
  return {
    address: formatAddress({ ...at, port: (server.address() as AddressInfo).port }),
    keepAlive: (active) => (active ? server.ref() : server.unref()),
    close,
    // Nothing that is left behind could prove anything.
    abandon: close,
  };
}

export async function dialTcp(at: HostAddress, clock: Clock, signal?: AbortSignal): Promise<Connection> {
  const { host, port } = at;
  const socket = connect({ host, port, ...networkOptions });
  // A port that refuses proves nothing: the process may start again, or another machine may have the address.
  const attempt: Attempt = { address: formatAddress(at), clock, signal, explain: () => ({}) };
  await opened(socket, attempt, (done) => void socket.once('connect', done));
  return new SocketConnection(socket, clock);
}
