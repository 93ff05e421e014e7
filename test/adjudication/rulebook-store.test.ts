import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { engineHash } from '../../src/adjudication/engine-hash.ts'
import { thisRelease } from '../../src/adjudication/release.ts'
import { canonicalJson } from '../../src/adjudication/rulebook/canonical.ts'
import { loadRulebook, readRulebook } from '../../src/adjudication/rulebook/load.ts'
import { createOpenRulebook, loadAndKeepRulebook, rulebooksMax } from '../../src/adjudication/rulebook-store.ts'
import type { KeptRulebook } from '../../src/ledger/ledger.ts'

const { rulebook, content } = await readRulebook('rulebook')

/** A ledger that holds rulebooks and counts how often it is asked for one. */
function makeShelf(...books: readonly KeptRulebook[]) {
  const kept = new Map(books.map((book) => [book.sha256, book]))
  const shelf = {
    asked: 0,
    kept,
    rulebook: async (sha256: string) => {
      shelf.asked++
      return kept.get(sha256)
    },
    keepRulebook: async (book: KeptRulebook) => void kept.set(book.sha256, book),
  }
  return shelf
}
/** The same law under other versions. */
const editions = Array.from({ length: rulebooksMax + 1 }, (_, index): KeptRulebook => {
  const version = `edition ${index}`
  const text = canonicalJson({ ...(JSON.parse(content) as object), 'rulebook.yaml': { version } })
  return { sha256: createHash('sha256').update(text).digest('hex'), version, content: text }
})

describe('a kept rulebook', () => {
  test('comes back as the folder loads it', async () => {
    const shelf = makeShelf()
    expect(await loadAndKeepRulebook('rulebook', shelf)).toEqual(await loadRulebook('rulebook'))
    expect(await createOpenRulebook(shelf)(rulebook.sha256)).toEqual(rulebook)
    expect([...shelf.kept.values()]).toEqual([{ sha256: rulebook.sha256, version: rulebook.version, content }])
  })

  test('that was never kept is not there', async () => {
    expect(await createOpenRulebook(makeShelf())('0'.repeat(64))).toBeUndefined()
  })

  test('whose content was changed is refused, not used', async () => {
    const changed = content.replace('"2340000"', '"2340001"')
    expect(changed).not.toBe(content)
    const shelf = makeShelf({ sha256: rulebook.sha256, version: rulebook.version, content: changed })
    await expect(createOpenRulebook(shelf)(rulebook.sha256)).rejects.toThrow(/its row was changed/)
  })

  test('that is at hand is not asked for, and one that was opened is asked for once', async () => {
    const shelf = makeShelf(...editions)
    const open = createOpenRulebook(shelf, [rulebook])
    expect(await open(rulebook.sha256)).toBe(rulebook)
    expect(shelf.asked).toBe(0)
    expect((await open(editions[0]!.sha256))?.version).toBe('edition 0')
    await open(editions[0]!.sha256)
    expect(shelf.asked).toBe(1)
  })

  test('makes room: of more than are held, the one that was used longest ago is read again', async () => {
    const shelf = makeShelf(...editions)
    const open = createOpenRulebook(shelf)
    for (const { sha256 } of editions.slice(0, rulebooksMax)) await open(sha256)
    await open(editions[0]!.sha256)
    await open(editions[rulebooksMax]!.sha256)
    expect(shelf.asked).toBe(rulebooksMax + 1)
    await open(editions[0]!.sha256)
    expect(shelf.asked).toBe(rulebooksMax + 1)
    await open(editions[1]!.sha256)
    expect(shelf.asked).toBe(rulebooksMax + 2)
  })
})

test('the engine has one hash, and its release is that of the package', async () => {
  expect(await engineHash()).toMatch(/^[0-9a-f]{64}$/)
  expect(await engineHash()).toBe(await engineHash())
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as {
    version: string
  }
  const { release, commit } = await thisRelease()
  expect(release).toBe(version)
  if (commit !== null) expect(commit).toMatch(/^[0-9a-f]{40,64}$/)
})
