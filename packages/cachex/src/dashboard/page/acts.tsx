import { useState } from 'preact/hooks';
import type { Act, Frame } from '../frame.ts';
import { act } from './stream.ts';

/** What may be done with the token. */
export function Acts({ frame, token, leave }: { frame: Frame; token: string | undefined; leave(): void }) {
  const [said, setSaid] = useState('');
  const [busy, setBusy] = useState(false);
  const ask = async (wish: Act): Promise<void> => {
    setBusy(true);
    setSaid('');
    try {
      setSaid(`Done: ${await act(wish, token)}.`);
    } catch (error) {
      setSaid(`Not done: ${(error as Error).message}.`);
    }
    setBusy(false);
  };
  const caches = frame.caches.filter(({ open }) => open).map(({ name }) => name);
  return (
    <section class="acts" aria-label="Acts">
      <h2>Acts</h2>
      <fieldset disabled={busy}>
        <Weight frame={frame} ask={ask} />
        {caches.length > 0 && <DeleteKey caches={caches} ask={ask} />}
        {caches.length > 0 && <Clear caches={caches} ask={ask} />}
      </fieldset>
      <p role="status">{said}</p>
      <button type="button" onClick={leave}>
        Forget the token
      </button>
    </section>
  );
}

type Ask = (wish: Act) => Promise<void>;

/** Of this node at first, unless it takes no keys, as that of the command line. */
function Weight({ frame, ask }: { frame: Frame; ask: Ask }) {
  const weights = new Map(frame.nodes.map(({ id, weight }) => [id, weight]));
  const [first] = frame.nodes.filter(({ weight }) => weight > 0);
  const [chosen, setChosen] = useState((weights.get(frame.self) === 0 && first?.id) || frame.self);
  const node = weights.has(chosen) ? chosen : frame.self;
  const weight = weights.get(node);
  const [wanted, setWanted] = useState(String(weight ?? 1));
  const number = Number(wanted);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void ask({ act: 'setWeight', node, weight: number });
      }}
    >
      <label for="weight">Weight of a node; 0 hands all its partitions over</label>
      <Choice
        id="weight-node"
        label="Node"
        among={[...weights.keys()]}
        chosen={node}
        choose={(id) => {
          setChosen(id);
          setWanted(String(weights.get(id) ?? 1));
        }}
      />
      <input
        id="weight"
        type="number"
        min="0"
        step="any"
        value={wanted}
        onInput={(event) => setWanted(event.currentTarget.value)}
      />
      <button type="submit" disabled={wanted === '' || !(number >= 0) || number === weight}>
        Set
      </button>
    </form>
  );
}

function Choice({
  id,
  label,
  among,
  chosen,
  choose,
}: {
  id: string;
  label: string;
  among: readonly string[];
  chosen: string;
  choose(name: string): void;
}) {
  return (
    <select id={id} aria-label={label} value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
      {among.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}

function DeleteKey({ caches, ask }: { caches: readonly string[]; ask: Ask }) {
  const [cache, setCache] = useState(caches[0]!);
  const [text, setText] = useState('');
  const [json, setJson] = useState(false);
  const key = keyOf(text, json);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void ask({ act: 'del', cache, key });
      }}
    >
      <label for="key">Delete a key</label>
      <Choice id="key-cache" label="Cache" among={caches} chosen={cache} choose={setCache} />
      <input
        id="key"
        value={text}
        autocomplete="off"
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <label class="check">
        <input type="checkbox" checked={json} onChange={(event) => setJson(event.currentTarget.checked)} />
        as JSON: <code>42</code>, <code>["a", 1]</code>
      </label>
      <button type="submit" disabled={text === '' || key === undefined}>
        Delete
      </button>
    </form>
  );
}

/** `undefined`: it is no JSON. */
function keyOf(text: string, json: boolean): unknown {
  if (!json) return text;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function Clear({ caches, ask }: { caches: readonly string[]; ask: Ask }) {
  const [cache, setCache] = useState(caches[0]!);
  const [typed, setTyped] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setTyped('');
        void ask({ act: 'clear', cache });
      }}
    >
      <label for="clear">Clear a cache; type its name to say that you mean it</label>
      <Choice id="clear-cache" label="Cache" among={caches} chosen={cache} choose={setCache} />
      <input
        id="clear"
        value={typed}
        autocomplete="off"
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <button type="submit" disabled={typed !== cache}>
        Clear
      </button>
    </form>
  );
}
