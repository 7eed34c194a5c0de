import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder, and how it is removed; at the latest, it is when this process exits. */
export function temporaryFolder(): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'cachex-bench-'));
  const remove = (): void => {
    process.off('exit', remove);
    // Processes that helpers have started end a moment after them, and may write until then.
    for (let tries = 1; existsSync(folder); tries += 1) {
      try {
        rmSync(folder, { recursive: true, force: true, maxRetries: 2 });
      } catch (error) {
        if (tries === 20) throw error;
      }
    }
  };
  process.on('exit', remove);
  return { folder, remove };
}
