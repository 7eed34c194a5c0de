/** Something that waits until it is let go on. */
export interface Gate {
  readonly passed: Promise<void>;
  open(): void;
}

export function aGate(): Gate {
  let open: () => void = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

/** Resolves once `holds` answers true; looks again whenever the events at hand were handled. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}
