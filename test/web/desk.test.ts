import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { CheckInListed } from '../../src/check-in/check-in-store.ts'
import type { KioskView, ReceptionView, SignInView } from '../../src/ingest/page-views.ts'
import { deskFiles, deskPages } from '../../web/pages.ts'
import { MESSAGES } from '../../web/pages-messages.ts'

const root = join(import.meta.dirname, '..', '..')
const read = (name: string) => readFileSync(join(root, 'web', name), 'utf8')

const signIn: SignInView = { language: 'vi', csrf: 'c"<', to: '/kiosk', fault: 'refused' }
const kiosk: KioskView = {
  ...{ language: 'vi', csrf: 'csrf', facilityCode: '01999', agentUrl: 'http://127.0.0.1:9310' },
  ...{ pairing: 'p"<script>', staff: '<b>TRẦN</b>', isDisaster: false },
}
const listed: CheckInListed = {
  ...{ checkInId: 'k_1', encounterId: 'TN<1>', at: '2026-03-10T01:02:00.000Z', ticket: 'B-001', method: 'chip' },
  ...{ outcome: 'provisional', assurance: 'C2', legacyCode: '060', offline: true, stale: true, disasterId: 'd_1' },
  ...{ member: { name: 'NGUYỄN V** <A>', birthYear: 1985 }, confirmedAt: null },
  alerts: [{ code: 'x', message: { vi: 'Cảnh <báo>', en: 'Alert' } }],
  reasons: [{ code: 'y', message: { vi: 'Lý do', en: 'Reason' } }],
}
const reception: ReceptionView = {
  ...{ language: 'vi', csrf: 'csrf', facilityCode: '01999', date: '2026-03-10', isToday: true, filter: 'all' },
  ...{ checkIns: [listed], notice: undefined, isDisaster: true, readAtMs: Date.parse('2026-03-10T01:30:00Z') },
}
const bodies = (language: 'vi' | 'en') => [
  deskPages.signIn({ ...signIn, language }),
  deskPages.kiosk({ ...kiosk, language }),
  deskPages.reception({ ...reception, language }),
  deskPages.reception({ ...reception, language, checkIns: [] }),
  deskPages.reception({ ...reception, language, checkIns: undefined, notice: 'unavailable' }),
]

describe('the words of the pages', () => {
  test('are there in both languages, each composed', () => {
    for (const [key, { vi, en }] of Object.entries(MESSAGES)) {
      expect([vi.trim(), en.trim()].includes(''), key).toBe(false)
      expect([vi, en], key).toEqual([vi.normalize('NFC'), en.normalize('NFC')])
    }
  })
  test('differ between the languages, but for names', () => {
    const same = Object.entries(MESSAGES).filter(([, { vi, en }]) => vi === en)
    expect(same.map(([key]) => key)).toEqual(['method.vneid', 'method.vssid'])
  })
  test('are all used, and a page takes none from elsewhere', () => {
    const pages = ['kiosk.ts', 'reception.ts', 'sign-in.ts'].map(read).join('\n')
    const families = ['kiosk.state.', 'signIn.', 'reception.notice.', 'outcome.', 'method.', 'kiosk.', 'reception.']
    const unused = Object.keys(MESSAGES).filter((key) => {
      if (pages.includes(`'${key}'`)) return false
      const family = families.find((one) => key.startsWith(one)) ?? ''
      return !(pages.includes(`\`${family}`) || (pages.includes('kiosk.typed${') && key.startsWith('kiosk.typed')))
    })
    expect(unused).toEqual([])
    for (const name of ['kiosk.ts', 'reception.ts'])
      expect(read(name).replaceAll('Tiếng Việt', '')).not.toMatch(/[àáạảãăâđêôơưễệộợ]/i)
  })
})

describe.each(['vi', 'en'] as const)('in %s every page', (language) => {
  test('says its language, runs nothing inline and asks nothing from elsewhere', () => {
    for (const { headers, body } of bodies(language)) {
      expect(body).toContain(`<html lang="${language}">`)
      expect(body).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|(?:src|href|action)="(?:https?:)?\/\//)
      expect(headers['Content-Security-Policy']).toContain("default-src 'none'")
      expect(headers['Content-Security-Policy']).not.toMatch(/unsafe|\*/)
      expect(headers['Referrer-Policy']).toBe('no-referrer')
    }
  })
  test('escapes what others gave', () => {
    for (const { body } of bodies(language)) expect(body).not.toMatch(/<script>|<b>TRẦN|<A>|<báo>|TN<1>|"c"</)
  })
})

test('the kiosk may call its gateway and the one configured reader, and send no form', () => {
  const policy = deskPages.kiosk(kiosk).headers['Content-Security-Policy']!
  expect(policy).toMatch(/connect-src 'self' http:\/\/127\.0\.0\.1:9310(;|$)/)
  expect(policy).toContain("form-action 'none'")
})

test('the script of the kiosk is small and stores nothing', async () => {
  const script = read('assets/kiosk.js')
  expect(Buffer.byteLength(script)).toBeLessThanOrEqual(15 * 1024)
  expect(script).not.toMatch(/localStorage|sessionStorage|indexedDB|document\.cookie|pushState|innerHTML|eval\(|\bconsole\b/)
  for (const name of ['kiosk.css', 'kiosk.js', 'reception.css', 'reception.js']) {
    const response = await deskFiles().request(`/desk/${name}`)
    expect([response.status, response.headers.get('x-content-type-options')]).toEqual([200, 'nosniff'])
  }
})

test('the list can be narrowed, and only what waits for it can be confirmed', () => {
  const admitted: CheckInListed = { ...listed, checkInId: 'k_2', ticket: 'B-002', outcome: 'admitted', alerts: [] }
  const confirmed: CheckInListed = { ...listed, checkInId: 'k_3', ticket: 'B-003', confirmedAt: '2026-03-10T01:20:00.000Z' }
  const page = (filter: ReceptionView['filter']) =>
    String(deskPages.reception({ ...reception, filter, checkIns: [listed, admitted, confirmed] }).body)
  const tickets = (body: string) => [...body.matchAll(/<th scope="row">([^<]+)/g)].map(([, ticket]) => ticket)
  expect(tickets(page('all'))).toEqual(['B-001', 'B-002', 'B-003'])
  expect(tickets(page('confirm'))).toEqual(['B-001'])
  expect(tickets(page('alerts'))).toEqual(['B-001', 'B-003'])
  expect(page('all').match(/action="\/reception\/confirm"/g)).toHaveLength(1)
})
