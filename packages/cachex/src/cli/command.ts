import type { Key } from '@cachex/router/hash';
import type { ClusterCache, ClusterNode, NodeVitals } from '../cluster/index.ts';
import type { Environment } from './connect.ts';
import type { Output } from './output.ts';

/** An option of a command: with a `value` it takes one, without it is a switch. */
export interface Option {
  readonly name: string;
  /** What stands for its value in the help. */
  readonly value?: string;
  readonly about: string;
}

/** An argument of a command, by its place. */
export interface Argument {
  readonly name: string;
  readonly about: string;
  readonly optional?: true;
  /** It takes all that is left. */
  readonly many?: true;
  /** The only words that it can be. */
  readonly choices?: readonly string[];
}

/** What was given to a command, checked against what it declares. */
export interface Given {
  /** An argument that must be there. */
  argument(name: string): string;
  /** All words of an argument; none if it was left out. */
  words(name: string): readonly string[];
  option(name: string): string | undefined;
  flag(name: string): boolean;
  /** An option that is a duration, in ms. */
  duration(name: string, otherwise: number): number;
  /** An option that is a whole number from 1. */
  count(name: string, otherwise: number): number;
}

/** What a command works with. What it has opened is closed for it. */
export interface Session {
  readonly output: Output;
  readonly environment: Environment;
  /** Aborts when the user wants the program to end. */
  readonly signal: AbortSignal;
  /** How long one call may take, in ms. */
  readonly timeout: number;
  /** Joins the cluster, as a node that takes no keys; once, however often it is called. */
  connect(): Promise<ClusterNode>;
  /** Opens a cache that the cluster has. */
  cache(name: string): Promise<ClusterCache<Key, unknown>>;
  /** The members of the cluster without this program, by id. */
  others(): Promise<readonly string[]>;
  /** What nodes say of themselves, without those that do not answer. */
  vitals(ids: readonly string[]): Promise<ReadonlyMap<string, NodeVitals>>;
  /** All of the standard input. */
  input(): Promise<string>;
}

/** A command of the program. Help, checks and completions are made of what it declares. */
export interface Command {
  readonly name: string;
  /** In a line. */
  readonly about: string;
  /** What else there is to know; paragraphs. */
  readonly details?: readonly string[];
  readonly arguments: readonly Argument[];
  readonly options: readonly Option[];
  /** Whether it joins a cluster, and so takes the options that say which. */
  readonly joins: boolean;
  readonly examples: readonly string[];
  /** Answers with the exit code; nothing is 0. */
  run(given: Given, session: Session): Promise<number | undefined>;
}

/** The options of every command. */
export const commonOptions: readonly Option[] = [
  { name: 'json', about: 'print JSON, an object a line, and nothing else' },
  { name: 'help', about: 'print this help' },
];

/** The options of every command that joins a cluster. */
export const joinOptions: readonly Option[] = [
  {
    name: 'cluster',
    value: 'name',
    about: 'its name; or CACHEX_CLUSTER. Without, the application in this folder',
  },
  {
    name: 'directory',
    value: 'path',
    about: 'where its nodes meet, if it is not the default of this machine; or CACHEX_DIRECTORY',
  },
  { name: 'nats', value: 'url', about: 'the NATS server where its nodes meet; or CACHEX_NATS' },
  {
    name: 'nodes',
    value: 'file',
    about: 'the list of static nodes, as JSON; this program is the one that --id says; or CACHEX_NODES',
  },
  { name: 'id', value: 'id', about: 'the name of this program in the cluster; random unless set' },
  {
    name: 'listen',
    value: 'address',
    about: 'where nodes call back this program; by default it is found from their addresses',
  },
  { name: 'secret-file', value: 'path', about: 'a file with the secret of the cluster; or CACHEX_SECRET' },
  { name: 'tls-cert', value: 'path', about: 'the certificate of this program, for nodes at tls:// (PEM)' },
  { name: 'tls-key', value: 'path', about: 'its private key' },
  { name: 'tls-ca', value: 'path', about: 'the certificates of the authority that nodes trust' },
  { name: 'timeout', value: 'duration', about: 'how long a call may take; 5s unless set' },
];

/** All options of a command. */
export function optionsOf(command: Command): readonly Option[] {
  return [...command.options, ...(command.joins ? joinOptions : []), ...commonOptions];
}
