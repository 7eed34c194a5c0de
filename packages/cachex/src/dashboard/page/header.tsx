import type { Connection } from './stream.ts';
import type { ThemeSwitch } from './theme.ts';
import type { Told } from './told.ts';
import { count } from './words.ts';

const standing: Readonly<Record<Connection, string>> = {
  connecting: 'connecting',
  live: 'live',
  lost: 'lost, reconnecting',
  full: 'too many are watching',
  locked: 'locked',
};

export function Header({
  told,
  connection,
  theme,
}: {
  told: Told | undefined;
  connection: Connection;
  theme: ThemeSwitch;
}) {
  const frame = told?.frame;
  return (
    <header>
      <h1>
        <span class="mark">cachex</span> {frame !== undefined && <span class="cluster">{frame.cluster}</span>}
      </h1>
      <p class={`standing ${connection}`} role="status">
        {standing[connection]}
      </p>
      {frame !== undefined && (
        <p class="facts">
          seen from <b>{frame.self}</b>
          {frame.mayAct ? '' : ' · read-only'}
        </p>
      )}
      {frame !== undefined && <Worries frame={frame} />}
      <button class="theme" type="button" onClick={theme.next} aria-label={`Colours: ${theme.theme}. Change`}>
        <svg viewBox="0 0 20 20" width="16" height="16" aria-hidden="true">
          <circle cx="10" cy="10" r="7" fill="none" stroke="currentColor" stroke-width="1.6" />
          <path d="M10 3a7 7 0 0 1 0 14z" fill="currentColor" />
        </svg>
        {theme.theme}
      </button>
    </header>
  );
}

function Worries({ frame }: { frame: Told['frame'] }) {
  const worries = [
    frame.moving > 0 ? `${count(frame.moving)} partitions moving` : '',
    frame.underReplicated > 0 ? `${count(frame.underReplicated)} short of backups` : '',
    frame.unowned > 0 ? `${count(frame.unowned)} without an owner` : '',
  ].filter((worry) => worry !== '');
  return <p class="worries">{worries.join(' · ')}</p>;
}
