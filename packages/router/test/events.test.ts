import { expect, it } from 'vitest';
import { Events } from '../src/events.ts';

const error = new Error('it was me');

it('tells every listener, whatever others throw', () => {
  const logged: string[] = [];
  const ignore = (): void => {};
  const logger = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (text: string) => void logged.push(text),
  };
  const events = new Events(logger);
  const told: unknown[] = [];
  events.on('error', () => {
    throw new Error('not my day');
  });
  events.on('error', (what) => told.push(what));
  events.emit('error', error);
  expect(told).toEqual([error]);
  expect(logged).toEqual(["a listener of 'error' failed: not my day"]);
});

it('tells every listener, though one throws what is no error', () => {
  const ignore = (): void => {};
  const events = new Events({ debug: ignore, info: ignore, warn: ignore, error: ignore });
  const told: unknown[] = [];
  events.on('error', () => {
    throw undefined;
  });
  events.on('error', (what) => told.push(what));
  expect(() => events.emit('error', error)).not.toThrow();
  expect(told).toEqual([error]);
});

it('tells of an error that nobody listens to nobody', () => {
  const ignore = (): void => {};
  const events = new Events({ debug: ignore, info: ignore, warn: ignore, error: ignore });
  expect(() => events.emit('error', error)).not.toThrow();
});
