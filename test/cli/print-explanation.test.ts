import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { describeExplanation } from '../../src/cli/print-explanation.ts'
import { createPaper } from '../../src/cli/text-paper.ts'
import { changeText, decimalText } from '../../src/domain/explanation-text.ts'
import sample01 from '../fixtures/samples/01-outpatient-80pct.json' with { type: 'json' }
import sample03 from '../fixtures/samples/03-inpatient-offroute-32pct.json' with { type: 'json' }
import { explainStored, explainTour, explainWire, storedOf } from '../support/explained.ts'
import { factsOf01, factsOf03 } from '../support/sample-claims.ts'

const tour = await explainTour()

describe('an explanation in a terminal', () => {
  test('the first lines of sample 01 are these', async () => {
    const shown = describeExplanation(await explainWire(sample01, factsOf01), 'vi', 80)
    expect(shown.split('\n').slice(0, 22).join('\n')).toBe(`\
┌──────────────────────────────────────────────────────────────────────────────┐
│ [CHẤP NHẬN]  Đợt khám TN-0001 · phiên bản 1 · c_5m3k8q2v7x1n9p4r6t0w8y2z5b   │
│ Chấp nhận như đề nghị: quỹ trả 553.342,71.                                   │
└──────────────────────────────────────────────────────────────────────────────┘
                   đề nghị  quyết định  chênh
Quỹ trả         553.342,71  553.342,71
Cùng chi trả    138.335,68  138.335,68
Tự trả          192.728,39  192.728,39
Nguồn khác            0,00        0,00
Tổng chi phí    884.406,78  884.406,78
Trong bảo hiểm  691.678,39  691.678,39

Mức hưởng 80 % · thẻ DN4…001 · 2026-03-10 – 2026-03-10
──────────────────────────────────────────────────────
  BEN-01 Thẻ nhóm DN, ký tự 4: mức thẻ 80 %.
  BEN-03 Mã 1.1, ngoại trú: 100 % của mức thẻ.
  BEN-01 Mức hưởng: 80 % × 100 % = 80 %.
  BEN-11 Tổng chi phí được hưởng 691.678,39 không dưới 351.000,00 (15 % lương cơ
         sở): không miễn cùng chi trả.

Từng dòng
─────────`)
  })
  test('the stay of sample 03 has its 32 per cent told in English', async () => {
    const shown = describeExplanation(await explainWire(sample03, factsOf03), 'en', 100)
    for (const part of ['Benefit rate: 80 % × 40 % = 32 %', 'ACCEPTED', '1,127,360.00']) expect(shown).toContain(part)
  })
  test.each([60, 72, 100, 140])('no line is wider than %i, and what the fund pays stays', (width) => {
    for (const language of ['vi', 'en'] as const) {
      const shown = describeExplanation(tour, language, width)
      expect(Math.max(...shown.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width)
      expect(shown).toContain(decimalText('42240.00', language))
    }
  })
  test('a held claim and one that was decided by another engine say what they are', async () => {
    const stored = storedOf(sample01, factsOf01)
    const held = await explainStored({ ...stored, status: 'held', heldReason: 'adjudication_failed', decision: null })
    expect(describeExplanation(held, 'en', 80)).toContain('[HELD]')
    const other = await explainStored({ ...stored, engineSha256: 'f'.repeat(64), currentVersion: 2 })
    const shown = describeExplanation(other, 'en', 80)
    for (const part of ['An earlier release', 'superseded by version 2', 'The fund pays']) expect(shown).toContain(part)
  })
})

test('the tour shows what the rules answer to its claim', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'tour.md'), 'utf8')
  for (const { rule, change, after } of tour.decision!.rules) {
    expect(page).toContain(`${rule} ${changeText(change.T_BHTT, 'en')} → ${decimalText(after.T_BHTT, 'en')}`)
  }
  for (const { en } of tour.decision!.lines.flatMap(({ arithmetic }) => arithmetic)) expect(page).toContain(en)
  for (const { message } of tour.decision!.changes) {
    expect(page.replaceAll(/\s+/g, ' ')).toContain(message.en)
  }
})

test('a word that is longer than the paper stands alone', () => {
  const paper = createPaper(20)
  paper.item('·', `short ${'x'.repeat(30)} short`)
  expect(paper.text()).toBe(`  · short\n    ${'x'.repeat(30)}\n    short`)
})
