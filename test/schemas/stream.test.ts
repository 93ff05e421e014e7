import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { deadLetter } from '../../src/adjudication/publish.ts'
import { lookRecordOf } from '../../src/check-in/note-looks.ts'
import { checkInRecord, streamRecordOf } from '../../src/check-in/record.ts'
import { createMemberRecords } from '../../src/eligibility/feed-record.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { decisionRecord, submissionRecord, VOID_MEDIA_TYPE, voidContent } from '../../src/stream/records.ts'
import { TOPICS } from '../../src/stream/stream.ts'
import { makeMember } from '../support/make-member.ts'
import { checkerOf, readText } from './load.ts'

const keyedHash = createKeyedHash(Buffer.alloc(32, 1))
const key = keyedHash.member('personal', '001085000001')
const claimId = keyedHash.claimId('01999', 'TN-0001')
const sha = 'a'.repeat(64)
const at = '2026-03-10T03:40:00.123Z'
const value = Buffer.from('{}')
const submission = {
  submissionId: '0123456789abcdef0123456789abcdef',
  receivedAt: at,
  facilityCode: '01999',
  claimId,
  contentSha256: sha,
  bodySha256: sha,
  contentType: 'application/xml',
  release: '3176',
} as const
const decision = {
  claimId,
  version: 2,
  currentVersion: 3,
  facilityCode: '01999',
  contentSha256: sha,
  submissionId: submission.submissionId,
  decidedAt: at,
  status: 'decided',
} as const
const checkedIn = checkInRecord({
  ...{ checkInId: `k_${'0'.repeat(26)}`, claimId, facilityCode: '01999', memberRef: key, at, arrivedAt: '2026-03-10T10:40' },
  ...{
    category: '1.1',
    careType: '01',
    method: 'chip',
    assurance: 'C2',
    outcome: 'admitted',
    source: 'cache',
    asOf: '2026-03-10',
  },
  ...{
    stale: false,
    offline: false,
    legacyCode: '000',
    ticket: 'B-042',
    alerts: [],
    reasons: [],
    evidence: {},
    disasterId: null,
  },
  look: {
    ...{ ref: 'r', actor: 'client c', action: 'check-in', subject: sha, facilityCode: '01999', purpose: 'check-in', fields: [] },
    ...{ staffRef: null, staffSealed: null },
  },
  sealed: 'c2VhbGVk',
})
const held = { reason: 'unreadable', facility: '01999', 'claim-id': claimId, 'content-sha256': sha, ce_time: at }

describe('records are as their schema says', () => {
  const made = [
    ['a claim', 'SubmittedHeaders', submissionRecord(submission, key, value)],
    [
      'a void',
      'SubmittedHeaders',
      submissionRecord({ ...submission, contentType: VOID_MEDIA_TYPE, release: '4750' }, key, value),
    ],
    ['a decision', 'DecidedHeaders', decisionRecord(decision, key, value)],
    ['a held claim', 'DecidedHeaders', decisionRecord({ ...decision, status: 'held' }, key, value)],
    ['a dead letter', 'DeadLetterHeaders', deadLetter(key, held)],
    ['a check-in', 'CheckInHeaders', streamRecordOf(checkedIn)],
    ['a check-in of no visit', 'CheckInHeaders', streamRecordOf({ ...checkedIn, claimId: null })],
    ['a look', 'LookHeaders', lookRecordOf(checkedIn.look)],
    ['a member', 'MemberHeaders', createMemberRecords(keyedHash).encode(makeMember(), '2026-03-10')],
    ['a foreign record', 'DeadLetterHeaders', deadLetter('', { reason: 'foreign', partition: '0', offset: '12' })],
  ] as const
  test.each(made)('%s', (_name, definition, record) => {
    expect(checkerOf(`stream-record.json#/$defs/${definition}`)(record.headers)).toMatchObject({ ok: true })
  })
  test('a header more or less is noticed', () => {
    const check = checkerOf('stream-record.json#/$defs/SubmittedHeaders')
    const { facility, ...less } = submissionRecord(submission, key, value).headers
    expect(check(less).ok).toBe(false)
    expect(check({ ...less, facility, name: 'x' }).ok).toBe(false)
  })
  test('the value of a check-in', () => {
    const { value: sent } = streamRecordOf(checkedIn)
    expect(checkerOf('stream-record.json#/$defs/CheckInBody')(JSON.parse(sent!.toString('utf8')))).toMatchObject({ ok: true })
  })
  test('the value of a look', () => {
    const { value: sent } = lookRecordOf(checkedIn.look)
    expect(checkerOf('stream-record.json#/$defs/LookBody')(JSON.parse(sent.toString('utf8')))).toMatchObject({ ok: true })
  })
  test('a key is a keyed hash', () => expect(checkerOf('stream-record.json#/$defs/Key')(key).ok).toBe(true))
  test('the value of a void', () => {
    const { bytes } = voidContent({ claimId, version: 1, reason: 'gửi nhầm' })
    expect(checkerOf('stream-record.json#/$defs/VoidBody')(JSON.parse(bytes.toString())).ok).toBe(true)
  })
})

describe('asyncapi.yaml', () => {
  const document = parse(readText('asyncapi.yaml')) as {
    asyncapi: string
    channels: Record<string, { address: string; messages: Record<string, { $ref: string }> }>
    operations: Record<string, { action: string; channel: { $ref: string } }>
    components: { messages: Record<string, { headers: { $ref: string }; payload: { $ref?: string } }> }
  }
  test('is AsyncAPI 3 and names every topic once', () => {
    expect(document.asyncapi).toMatch(/^3\./)
    expect(Object.values(document.channels).map(({ address }) => address)).toEqual(expect.arrayContaining([...TOPICS]))
    expect(Object.keys(document.channels)).toHaveLength(TOPICS.length)
  })
  test('every reference leads somewhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference!)
    expect(references.length).toBeGreaterThan(15)
    for (const reference of references) {
      if (!reference.startsWith('#/')) expect(() => checkerOf(reference), reference).not.toThrow()
      else {
        const steps = reference.slice(2).split('/')
        expect(
          steps.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], document),
          reference,
        ).toBeDefined()
      }
    }
  })
  test('a message is on a channel, and a channel that something is sent to has one', () => {
    const carried = Object.values(document.channels).flatMap(({ messages }) => Object.values(messages).map(({ $ref }) => $ref))
    const described = Object.keys(document.components.messages).map((name) => `#/components/messages/${name}`)
    expect(carried.sort()).toEqual(described.sort())
    for (const { channel } of Object.values(document.operations)) {
      expect(Object.keys(document.channels[channel.$ref.split('/').at(-1)!]!.messages)).not.toEqual([])
    }
  })
})
