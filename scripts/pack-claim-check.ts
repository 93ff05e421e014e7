import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readRulebook } from '../src/adjudication/rulebook/load.ts'
import { bin, root, say } from './support/run.ts'

const home = join(root, 'packages', 'claim-check')
/** Generated validators are JavaScript already; wire types are declarations alone. The compiler copies neither. */
const copied = ['src/national/validators', 'schemas/types']

/**
 * The hospital's own check as a tarball of plain JavaScript: Node refuses to strip types in `node_modules`.
 * @param out folder for the tarball
 * @returns path of the tarball
 */
export async function packClaimCheck(out: string): Promise<string> {
  const stage = mkdtempSync(join(tmpdir(), 'bhyt-claim-check-'))
  try {
    const dist = join(stage, 'dist')
    execFileSync(bin('tsc'), ['-p', home, '--outDir', dist], { cwd: root, stdio: 'inherit' })
    for (const folder of copied) cpSync(join(root, folder), join(dist, folder), { recursive: true })
    for (const name of filesOf(dist)) asPlainJavaScript(name)
    const { rulebook, content } = await readRulebook(join(root, 'rulebook'))
    writeFileSync(join(stage, 'rulebook.json'), content)
    for (const name of ['package.json', 'README.md', 'README.vi.md']) copyFileSync(join(home, name), join(stage, name))
    copyFileSync(join(root, 'LICENSE'), join(stage, 'LICENSE'))
    mkdirSync(out, { recursive: true })
    const packed = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', resolve(out)], {
      cwd: stage,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: process.platform === 'win32',
    })
    const tarball = join(out, basename(packed.trim().split('\n').at(-1)!))
    say(`${tarball}: rulebook ${rulebook.version} ${rulebook.sha256}`)
    return tarball
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(js|ts)$/.test(name))
    .map((name) => join(folder, name))

/** Relative imports end in `.js` (the compiler leaves those of declarations and of generated code), and nothing but Node is imported. */
function asPlainJavaScript(file: string): void {
  const text = readFileSync(file, 'utf8').replaceAll(/(\bfrom '|\bimport\(?')(\.{1,2}\/[^']*?)(?:\.d)?\.ts'/g, "$1$2.js'")
  const strangers = [...text.matchAll(/^(?:import|export|\})(?:[^'\n]*\bfrom)? '([^'./][^']*)'/gm)]
    .map(([, name]) => name!)
    .filter((name) => !name.startsWith('node:'))
  if (file.endsWith('.js') && strangers.length > 0) throw new Error(`${file} imports ${strangers.join(', ')}`)
  writeFileSync(file, text)
}

if (import.meta.filename === process.argv[1]) {
  const { values } = parseArgs({ options: { out: { type: 'string', default: join(home, 'dist') } } })
  await packClaimCheck(values.out)
}
