import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { encodeDecision } from '../../src/adjudication/encode-decision.ts'
import { encodeFacts } from '../../src/adjudication/encode-facts.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import type { Claim } from '../../src/domain/claim.ts'
import type { Facts } from '../../src/domain/facts.ts'

/** Another process that decides what comes in, one `{claim, facts}` a line, and prints the hash of each decision. */
const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))
for await (const line of createInterface({ input: process.stdin })) {
  const { claim, facts } = JSON.parse(line) as { claim: Claim; facts: Facts }
  process.stdout.write(`${encodeDecision(adjudicate(claim, facts, rulebook), encodeFacts(facts).sha256).sha256}\n`)
}
