import { readFileSync } from 'node:fs'
import { rulebookOf } from '../../src/adjudication/rulebook/assemble.ts'
import type { Rulebook } from '../../src/domain/rulebook.ts'

/** The rulebook that is packed with this version. */
export function packedRulebook(): Rulebook {
  const content = readFileSync(new URL('../../../rulebook.json', import.meta.url), 'utf8')
  return rulebookOf(new Map(Object.entries(JSON.parse(content) as Record<string, unknown>)))
}
