import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import type { Rulebook } from '../../domain/rulebook.ts'
import { assemble, type Content } from './assemble.ts'
import { canonicalJson } from './canonical.ts'
import { RulebookInvalid } from './cursor.ts'
import { withLines } from './lines.ts'

/**
 * Reads and checks a rulebook folder. Refused: a value without legal basis, a gap or overlap in time, an unknown or missing key, a rate
 * outside 0–100, an active rule without code or wording. `sha256` is over the canonical content, so comments and layout do not count.
 * @throws RulebookInvalid with every fault
 */
export async function loadRulebook(dir: string): Promise<Rulebook> {
  return (await readRulebook(dir)).rulebook
}

/**
 * The rulebook of a folder and the canonical content whose hash it has, of one reading: what is kept is what decides.
 * @throws RulebookInvalid with every fault, each with file and line
 */
export async function readRulebook(dir: string): Promise<{ readonly rulebook: Rulebook; readonly content: string }> {
  const texts = await readTexts(dir)
  const faults: string[] = []
  const content = parseAll(texts, faults)
  const rulebook = assemble(content, faults)
  if (faults.length > 0) throw new RulebookInvalid(withLines(faults, texts))
  return { rulebook, content: canonicalJson(Object.fromEntries(content)) }
}

/** The canonical content whose hash is the rulebook's. */
export async function rulebookContent(dir: string): Promise<string> {
  return (await readRulebook(dir)).content
}

async function readTexts(dir: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(dir, { recursive: true })).map((name) => name.replaceAll('\\', '/'))
  const texts = new Map<string, string>()
  for (const name of names.filter((one) => one.endsWith('.yaml')).sort()) texts.set(name, await readFile(join(dir, name), 'utf8'))
  return texts
}

function parseAll(texts: ReadonlyMap<string, string>, faults: string[]): Content {
  const content = new Map<string, unknown>()
  for (const [name, text] of texts) {
    const document = parseDocument(text)
    for (const error of document.errors) faults.push(`${name}: ${error.message.split('\n')[0]}`)
    // Our own files: a basis is written once and referred to by many rows.
    if (document.errors.length === 0) content.set(name, document.toJS({ maxAliasCount: -1 }))
  }
  return content
}
