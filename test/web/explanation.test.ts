import { describe, expect, test } from 'vitest'
import type { Explanation } from '../../src/domain/explanation.ts'
import { explanationPage } from '../../web/explanation.ts'
import sample01 from '../fixtures/samples/01-outpatient-80pct.json' with { type: 'json' }
import { explainStored, explainWire, storedOf } from '../support/explained.ts'
import { factsOf01 } from '../support/sample-claims.ts'

const faulty = { ...sample01, XML1: { ...sample01.XML1, T_THUOC: '1', GHI_CHU: '<script>alert(1)</script>' } }
const bodyOf = (explanation: Explanation, language: 'vi' | 'en' = 'vi') => explanationPage(explanation, language).body as string

describe('the page of an explanation', () => {
  test('loads nothing from elsewhere, runs nothing and holds no name of a person', async () => {
    const { headers, body } = explanationPage(await explainWire(faulty, factsOf01), 'vi')
    expect(headers['Content-Security-Policy']).toContain("default-src 'none'")
    expect(body).not.toMatch(/<script|<style|\sstyle=|\son\w+=|(?:src|href)="(?:https?:)?\/\//)
    expect(body).not.toMatch(/NGUYEN VAN|NGUYỄN VĂN|001000000001|DN4010000000001/)
  })
  test('escapes what a claim says', async () => {
    const wire = structuredClone(sample01)
    wire.XML2[0]!.TEN_THUOC = '<img src=x onerror=alert(1)>'
    const body = bodyOf(await explainWire(wire, factsOf01))
    expect(body).toContain('&lt;img src=x')
    expect(body).not.toContain('<img')
  })
  test('shows in each language the amounts of the decision, first in its own', async () => {
    const explanation = await explainWire(faulty, factsOf01)
    expect(bodyOf(explanation)).toContain('553.342,71')
    expect(bodyOf(explanation, 'en')).toContain('553,342.71')
    expect(bodyOf(explanation)).toContain('Cần làm gì <span class="second" lang="en">What to do</span>')
    expect(bodyOf(explanation, 'en')).toContain('What to do <span class="second" lang="vi">Cần làm gì</span>')
  })
  test('says of a version that is superseded, held or of another engine what it is', async () => {
    const stored = storedOf(faulty, factsOf01)
    expect(bodyOf(await explainStored({ ...stored, currentVersion: 2 }), 'en')).toContain('superseded by version 2')
    const held = await explainStored({ ...stored, status: 'held', heldReason: 'unreadable', decision: null })
    expect(bodyOf(held)).toContain('ĐANG GIỮ LẠI')
    const other = await explainStored({ ...stored, engineSha256: 'f'.repeat(64) })
    expect(other.decision!.derivation).toMatchObject({ kind: 'stored', reason: 'other_engine' })
    expect(bodyOf(other, 'en')).toContain('An earlier release of the engine')
    expect(bodyOf(other, 'en')).toContain('Findings as stored')
  })
  test('does not tell steps that do not give the stored decision', async () => {
    const stored = storedOf(faulty, factsOf01)
    const changed = Buffer.from(stored.decision!.toString().replace('"T_BHTT":"553342.71"', '"T_BHTT":"553342.72"'))
    const told = await explainStored({ ...stored, decision: changed })
    expect(told.decision!.derivation).toMatchObject({ kind: 'stored', reason: 'not_reproduced' })
    expect(told.decision!.lines.flatMap(({ steps }) => steps)).toEqual([])
  })
})
