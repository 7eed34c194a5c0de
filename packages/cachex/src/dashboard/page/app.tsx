import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Acts } from './acts.tsx';
import { Caches } from './caches.tsx';
import { Changes } from './changes.tsx';
import { Charts } from './charts.tsx';
import { Header } from './header.tsx';
import { HotKeys, HotPartitions } from './hot.tsx';
import { Nodes } from './nodes.tsx';
import { colourOf } from './palette.ts';
import { Ring } from './ring.tsx';
import { SignIn } from './sign-in.tsx';
import { type Connection, Stream } from './stream.ts';
import { useTheme } from './theme.ts';
import { forgetToken, givenToken, keepToken } from './token.ts';
import { type Told, tell } from './told.ts';

/** What parts of the page need to show a node. */
export interface NodeLook {
  colour(id: string): string;
  /** Whether it stands out, because a reader has chosen it; all do while none is chosen. */
  stands(id: string): boolean;
}

export function App() {
  const theme = useTheme();
  const [told, setTold] = useState<Told>();
  const [connection, setConnection] = useState<Connection>('connecting');
  const [chosen, setChosen] = useState<string>();
  const [refused, setRefused] = useState(false);
  const token = useRef(givenToken());
  const stream = useMemo(
    () =>
      new Stream({
        token: () => token.current,
        frame: (frame, first) => setTold((before) => tell(first ? undefined : before, frame)),
        connection(state) {
          if (state === 'locked') setRefused(token.current !== undefined);
          setConnection(state);
        },
      }),
    [],
  );
  useEffect(() => void stream.follow(), [stream]);
  const nodes = told?.frame.nodes ?? [];
  const look: NodeLook = {
    colour: (id) => colourOf(nodes.find((node) => node.id === id)?.colour ?? 7, theme.isDark),
    stands: (id) => chosen === undefined || chosen === id || !nodes.some((node) => node.id === chosen),
  };
  if (connection === 'locked') {
    const signIn = (given: string): void => {
      token.current = given;
      keepToken(given);
      stream.retry();
    };
    return <SignIn refused={refused} signIn={signIn} />;
  }
  return (
    <>
      <Header told={told} connection={connection} theme={theme} />
      {told === undefined ? (
        <p class="waiting" role="status">
          {connection === 'full' ? 'Too many are watching; trying again.' : 'Waiting for the node to answer.'}
        </p>
      ) : (
        <main class={connection === 'live' ? '' : 'stale'}>
          <section class="who" aria-label="Nodes and partitions">
            <Ring told={told} look={look} isDark={theme.isDark} chosen={chosen} />
            <Nodes
              frame={told.frame}
              look={look}
              chosen={chosen}
              choose={(id) => setChosen((before) => (before === id ? undefined : id))}
            />
          </section>
          <Charts points={told.points} frame={told.frame} look={look} isDark={theme.isDark} chosen={chosen} />
          <div class="two">
            <HotKeys frame={told.frame} look={look} />
            <HotPartitions frame={told.frame} look={look} />
          </div>
          <div class="two">
            <Changes changes={told.changes} />
            <Caches caches={told.frame.caches} />
          </div>
          {told.frame.mayAct && (
            <Acts
              frame={told.frame}
              token={token.current}
              leave={() => {
                token.current = undefined;
                forgetToken();
                location.reload();
              }}
            />
          )}
        </main>
      )}
    </>
  );
}
