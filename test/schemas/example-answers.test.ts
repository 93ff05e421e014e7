import { expect, test } from 'vitest'
import { readBody } from '../../src/national/read-body.ts'
import { answers } from './example-answers.ts'
import { readJson, readText } from './load.ts'

const bounds = { bodyBytesMax: 8_388_608, depthMax: 32, claimLinesMax: 5000, claimsMax: 100, faultsMax: 200 }
/** Hashes change with every edit of the rulebook or the engine; what people read must not. */
const shown = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll(/[0-9a-f]{64}/g, 'sha256')) as unknown

test.each(Object.entries(answers))('the example %s is what the rules answer to the claim of the examples', (name, answer) => {
  expect(shown(readJson(`examples/${name}.json`))).toEqual(shown(answer))
})

test('the dry run of the examples is the decision of its answer', () => {
  expect(readJson('examples/dry-run.json')).toEqual({ dryRun: true, decision: readJson('examples/answer.json')['decision'] })
})

test('the claim of the examples is the same content as JSON and in the national envelope', () => {
  const contents = (['claim.json', 'claim.xml'] as const).map((file) => {
    const type = file === 'claim.json' ? 'application/json' : 'application/xml'
    const reading = readBody(Buffer.from(readText(`examples/${file}`)), type, bounds)
    return reading.kind === 'read' ? reading.claims.map((claim) => claim.kind === 'valid' && claim.contentSha256) : reading
  })
  expect(contents[0]).toEqual([readJson('examples/answer.json')['contentSha256']])
  expect(contents[1]).toEqual(contents[0])
})
