export type {
  Build,
  KeyRoute,
  LeaveReport,
  Logger,
  Member,
  MemberStatus,
  MovedEvent,
  NodeEvents,
  NodeStatus,
  Owners,
  RingOptions,
  RoutedMember,
  Router,
  StaticNode,
  StaticNodes,
  StaticNodesOptions,
  TlsMaterial,
  TlsSource,
  View,
} from '@cachex/router';
export { balanced, jump, local, modulo, rendezvous, ring, staticNodes } from '@cachex/router';
export type { ClusterCallOptions } from '../action.ts';
export type { DashboardOptions } from '../dashboard/options.ts';
export type { Dashboard } from '../dashboard/server.ts';
export { CacheError, type CacheErrorCode, isCacheError } from '../errors.ts';
export { type CommitOptions, commit, ignore, type Outcome } from '../outcome.ts';
export type { CallFigures } from './call-sample.ts';
export type { ClusterCache, LocalShare } from './cluster-cache.ts';
export type { JoinOptions } from './join-options.ts';
export { type LeaveOnSignalOptions, leaveOnSignal } from './leave-on-signal.ts';
export type { LeaveOptions } from './leave-options.ts';
export type { MessageListener, Messages, PublishOptions } from './messages.ts';
export { type ClusterCacheSettings, ClusterNode, join } from './node.ts';
export type { LoopDelay, ProcessFigures } from './process-figures.ts';
export type { CacheVitals, NodeVitals, VitalsOptions } from './vitals.ts';
