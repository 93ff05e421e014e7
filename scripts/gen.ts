import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { generateConfigurationPage } from './gen-configuration.ts'
import { generateNational } from './gen-national.ts'
import { generateOpenApi } from './gen-openapi.ts'
import { generateProblemsPage } from './gen-problems.ts'
import { generateRulePages } from './gen-rules.ts'
import { generateTypes } from './gen-types.ts'
import { root } from './support/run.ts'

/** `npm run gen`: everything that is made from something else. With `-- --check` it writes nothing and names the files that differ. */
export interface Generated {
  /** Relative to the project, with `/`. */
  readonly path: string
  readonly content: string
}
/** In this order: the later ones read what the earlier ones have written. */
const generators: readonly (() => Promise<readonly Generated[]> | readonly Generated[])[] = [
  generateNational,
  () => generateOpenApi(root),
  () => generateTypes(root),
  generateProblemsPage,
  generateConfigurationPage,
  generateRulePages,
]

async function differs({ path, content }: Generated): Promise<boolean> {
  const file = join(root, path)
  return !existsSync(file) || (await readFile(file, 'utf8')) !== content
}

/** Paths of the files that are not what `npm run gen` would write. */
export async function drift(): Promise<string[]> {
  const paths: string[] = []
  for (const generate of generators) {
    for (const one of await generate()) if (await differs(one)) paths.push(one.path)
  }
  return paths
}

async function write(): Promise<string[]> {
  const paths: string[] = []
  for (const generate of generators) {
    for (const one of await generate()) {
      if (!(await differs(one))) continue
      await mkdir(dirname(join(root, one.path)), { recursive: true })
      await writeFile(join(root, one.path), one.content)
      paths.push(one.path)
    }
  }
  return paths
}

if (import.meta.main) {
  const check = process.argv.includes('--check')
  const paths = check ? await drift() : await write()
  for (const path of paths) process.stdout.write(`${check ? 'differs' : 'written'}: ${path}\n`)
  if (paths.length === 0) process.stdout.write('everything generated is up to date\n')
  if (check && paths.length > 0) {
    process.stdout.write('run `npm run gen` and commit what it writes\n')
    process.exitCode = 1
  }
}
