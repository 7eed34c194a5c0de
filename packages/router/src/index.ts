export { type ActorCalls, type Actors, openActors } from './actors.ts';
export type { Build } from './build.ts';
export { ByteReader, ByteWriter } from './bytes.ts';
export type { Clock, Timer } from './clock.ts';
export { systemClock } from './clock.ts';
export { Codec } from './codec.ts';
export type { LeaveReport } from './departure.ts';
export { Encoded } from './encoded.ts';
export { RouterError, type RouterErrorCode } from './errors.ts';
export type { NodeEvents } from './events.ts';
export { hashKey, identityOf, type Key, keyProblem, partitionOf } from './hash.ts';
export type { Call, Shares } from './journey.ts';
export type { LinkLimits } from './limits.ts';
export type { MovedEvent, MoveStatus } from './moves.ts';
export { join, type KeyRoute, RoutedNode } from './node.ts';
export type { Link } from './notices.ts';
export type { JoinOptions, Logger, MoveLimits } from './options.ts';
export { type Part, PartialResultError } from './partial-result.ts';
export type { PartitionSet } from './partition-set.ts';
export type { Random } from './random.ts';
export type { Owners, RoutedMember, Router } from './router.ts';
export { balanced } from './routers/balanced.ts';
export { jump } from './routers/jump.ts';
export { local } from './routers/local.ts';
export { modulo } from './routers/modulo.ts';
export { rendezvous } from './routers/rendezvous.ts';
export { type RingOptions, ring } from './routers/ring.ts';
export { Reconsider } from './serve.ts';
export type { CallContext, Handler, Replica, ReplicaRecord, Service } from './services.ts';
export type { MemberStatus, NodeStatus } from './status.ts';
export {
  ConnectError,
  type Connection,
  type ConnectionHandlers,
  type Listener,
  type ListenOptions,
  type Transport,
} from './transport.ts';
export type { TlsMaterial, TlsSource } from './transports/certificates.ts';
export { MemoryNetwork, type MemoryNetworkOptions } from './transports/memory.ts';
export { type SocketTransportOptions, socketTransport } from './transports/socket.ts';
export type { Member, Move, View } from './view.ts';
export type { ViewStore, ViewStorePlace, ViewStoreSetting } from './view-store.ts';
export { type DirectoryStoreOptions, defaultDirectory, directoryStore } from './view-stores/directory.ts';
export { type MemoryStore, type MemoryStoreHub, memoryStoreHub } from './view-stores/memory.ts';
export {
  type StaticNode,
  StaticNodes,
  type StaticNodesOptions,
  staticNodes,
} from './view-stores/static-nodes.ts';
