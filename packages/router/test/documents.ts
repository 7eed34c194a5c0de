import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The root of the repository, with a slash at its end. */
export const root: string = fileURLToPath(new URL('../../../', import.meta.url));

/** One fenced block of code. */
export interface CodeBlock {
  /** `README.md:42`, the line of its fence. */
  readonly where: string;
  /** Everything after the fence: the language, and what else is said of the block. */
  readonly info: string;
  readonly code: string;
}

/** The fenced blocks of a document; its path is relative to the root. */
export function codeBlocks(path: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { line: number; info: string; code: string[] } | undefined;
  for (const [index, line] of readFileSync(join(root, path), 'utf8').split('\n').entries()) {
    if (open === undefined) {
      if (line.startsWith('```')) open = { line: index + 1, info: line.slice(3).trim(), code: [] };
    } else if (line === '```') {
      blocks.push({ where: `${path}:${open.line}`, info: open.info, code: open.code.join('\n') });
      open = undefined;
    } else open.code.push(line);
  }
  if (open !== undefined) throw new Error(`${path}:${open.line}: this block of code is never closed`);
  return blocks;
}

/** The blocks that are whole programs: those marked `ts` or `js` and nothing else. */
export function programs(path: string): CodeBlock[] {
  return codeBlocks(path).filter(({ info }) => info === 'ts' || info === 'js');
}

/** What a program says it prints: the comments after its `console.log(…);` lines. */
export function promisedOutput({ code }: CodeBlock): string[] {
  return [...code.matchAll(/^\s*console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text!);
}

/** What a program printed, on both streams, and how it ended. */
export interface Run {
  readonly lines: readonly string[];
  readonly complaints: string;
  readonly code: number | null;
}

/** A temporary directory in which programs find the packages as an application would: by name, as they were built. */
export class Workshop implements AsyncDisposable {
  readonly #directory: string;
  #programs = 0;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(): Promise<Workshop> {
    if (!existsSync(join(root, 'packages/cachex/dist/index.js'))) {
      throw new Error('the programs of the documents use what was built: run `npm run build` first');
    }
    // Sockets lie in it, and their paths must be short.
    const place = existsSync('/tmp') ? realpathSync('/tmp') : tmpdir();
    const directory = await mkdtemp(join(place, 'words-'));
    await symlink(join(root, 'node_modules'), join(directory, 'node_modules'), 'junction');
    // An application of that name, for programs that join without a name.
    await writeFile(join(directory, 'package.json'), JSON.stringify({ name: 'documents', type: 'module' }));
    return new Workshop(directory);
  }

  /** Runs a program in `processes` processes at once, in a place of their own. */
  async run({ code }: CodeBlock, processes = 1): Promise<Run[]> {
    this.#programs += 1;
    const place = join(this.#directory, String(this.#programs));
    await mkdir(place, { mode: 0o700 });
    const file = join(place, 'program.mjs');
    await writeFile(file, transpiled(code));
    return Promise.all(Array.from({ length: processes }, () => runNode(file, place)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** No types, and no `await using`, which older versions of Node.js do not know. */
function transpiled(code: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(code, { compilerOptions }).outputText;
}

function runNode(file: string, temporary: string): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file], {
      cwd: dirname(file),
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
      killSignal: 'SIGKILL',
    });
    let output = '';
    let complaints = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ lines: output.split('\n').slice(0, -1), complaints, code }));
  });
}

/** What the compiler has to say about programs in TypeScript, by the types that were built. */
export function typeErrors(blocks: readonly CodeBlock[]): string[] {
  const sources = new Map(
    blocks
      .filter(({ info }) => info === 'ts')
      .map((block, index) => [join(root, `packages/cachex/document-${index}.ts`), block]),
  );
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleDetection: ts.ModuleDetectionKind.Force,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  host.readFile = (name) => sources.get(name)?.code ?? readFile(name);
  const program = ts.createProgram([...sources.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, '\n');
    if (file === undefined) return text;
    const where = sources.get(file.fileName)?.where ?? relative(root, file.fileName);
    return `${where} + ${file.getLineAndCharacterOfPosition(start ?? 0).line + 1}: ${text}`;
  });
}

/** The links of a document that lead to files that are not there. */
export function brokenLinks(path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8').replaceAll(/^```.*?^```$/gms, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target) && !target.startsWith('#'))
    .filter((target) => !existsSync(join(root, dirname(path), target.split('#')[0]!)));
}
