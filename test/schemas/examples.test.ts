import { describe, expect, test } from 'vitest'
import { checkerOf, readJson, schemaPaths } from './load.ts'

test.each(schemaPaths)('%s is a schema of the 2020-12 dialect without an unknown word', (path) => {
  expect(readJson(path)['$schema']).toBe('https://json-schema.org/draft/2020-12/schema')
  expect(() => checkerOf(path)).not.toThrow()
})

test.each(schemaPaths.filter((path) => !path.includes('/')))('%s is named by its address', (path) => {
  expect(readJson(path)['$id']).toBe(`https://bhyt-gateway.example/schemas/${path}`)
})

describe('a value that is not what the contract says does not pass', () => {
  const answer = readJson('examples/answer.json')
  const decision = answer['decision'] as Record<string, unknown>
  const broken: readonly (readonly [string, string, unknown])[] = [
    ['an answer without its decision', 'answer.json', { ...answer, decision: undefined, status: 'decided' }],
    ['an answer with a name that nobody knows', 'answer.json', { ...answer, extra: 1 }],
    ['a held claim without a reason', 'answer.json', { ...readJson('examples/answer-held.json'), heldReason: undefined }],
    ['an amount as a number', 'decision.json', { ...decision, decided: { ...(decision['decided'] as object), T_BHTT: 1 } }],
    ['a decision that claims to be final', 'decision.json', { ...decision, provisional: false }],
    ['a receipt that says decided', 'receipt.json', { ...readJson('examples/receipt.json'), status: 'decided' }],
    ['a void without a reason', 'void.json', {}],
    ['a list without its cursor', 'claim-list.json', { items: [] }],
    ['a claim without XML1', 'claim.json', { XML2: [] }],
    ['a claim with a table that is none', 'claim.json', { ...readJson('examples/claim.json'), XML99: [] }],
  ]
  test.each(broken)('%s', (_name, schema, value) => {
    expect(checkerOf(schema)(JSON.parse(JSON.stringify(value))).ok).toBe(false)
  })
})
