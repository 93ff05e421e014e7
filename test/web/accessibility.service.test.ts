import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { explanationPage } from '../../web/explanation.ts'
import { explainTour } from '../support/explained.ts'
import { browse, type KioskStage, openKioskStage, type Person, SIZES, signIn } from './support/kiosk-stage.ts'

/** Every page as axe sees it: WCAG 2.2 AA and its best practices; the kiosk with contrast of 7:1. */
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
let stage: KioskStage
beforeAll(async () => {
  stage = await openKioskStage()
})
afterAll(() => stage?.stop())

async function violations(page: Page, rules: object = {}): Promise<string[]> {
  await page.evaluate(axe)
  const found = (await page.evaluate(
    `axe.run(document, { rules: ${JSON.stringify(rules)} }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target.join(' ') + ': ' + failureSummary)))`,
  )) as string[]
  return found
}
/** Contrast of level AAA, and targets of level AA. */
const KIOSK_RULES = { 'color-contrast-enhanced': { enabled: true }, 'target-size': { enabled: true } }

/** How Swagger UI builds its page is not ours to change: a link inside a button, headings, landmarks, the name of its list of servers. */
const READER_RULES = {
  'nested-interactive': { enabled: false },
  'heading-order': { enabled: false },
  'select-name': { enabled: false },
  'landmark-main-is-top-level': { enabled: false },
}

describe.each(Object.entries(SIZES))('in %s', (_, size) => {
  test.each(['/', '/problems', '/docs', '/sign-in', '/sign-in?lang=en'])('%s', async (address) => {
    const { page, context } = await browse(stage.browser, size)
    await page.goto(stage.base + address)
    if (address === '/docs') await page.waitForSelector('.opblock')
    expect(await violations(page, address === '/docs' ? READER_RULES : {})).toEqual([])
    await context.close()
  })
  test.each(['vi', 'en'] as const)('the explanation of a claim (%s)', async (language) => {
    const { page, context } = await browse(stage.browser, size)
    await page.goto(`${stage.base}/`)
    await page.setContent(String(explanationPage(await explainTour(), language).body), { waitUntil: 'load' })
    expect(await violations(page)).toEqual([])
    await context.close()
  })
  test.each(['vi', 'en'])('the kiosk in each of its states (%s)', async (language) => {
    const seen = await browse(stage.browser, size)
    const { page, context } = seen
    stage.reader.lay(undefined)
    await signIn(seen, stage, { role: 'kiosk', to: '/kiosk', staff: 'TRẦN THỊ PHỤ TRÁCH' })
    if (language === 'en') await page.locator('a[hreflang="en"]').click()
    await page.locator('[data-reader="ready"]').waitFor()
    const clean = async (state: string) => expect(await violations(page, KIOSK_RULES), state).toEqual([])
    await clean('start')
    for (const view of ['typed', 'qr', 'call']) {
      await page.locator(`[data-do="${view}"]`).click()
      if (view === 'typed') await page.locator('[type="submit"]').click()
      await clean(view)
    }
    for (const person of ['genuine', 'renamed', 'expired'] as const satisfies readonly Person[]) {
      await page.locator('[data-view]:not([hidden]) [data-do="wipe"]').click()
      await page.waitForTimeout(1_500)
      stage.reader.slow(person === 'genuine' ? 1_500 : 0)
      stage.reader.lay(person)
      await page.locator('[data-view="start"]').waitFor({ state: 'hidden' })
      if (person === 'genuine') await clean('working')
      await page.locator('[data-view="result"]').waitFor()
      await clean(person)
      stage.reader.lay(undefined)
    }
    await page.evaluate(`for (const banner of document.querySelectorAll('.banner')) banner.hidden = false`)
    await clean('banners')
    await context.close()
  })
  test.each(['vi', 'en'])('the reception, full and empty (%s)', async (language) => {
    const seen = await browse(stage.browser, size)
    const { page, context } = seen
    await signIn(seen, stage, { role: 'facility', to: '/reception' })
    for (const query of [
      `?lang=${language}`,
      `?lang=${language}&show=confirm`,
      `?lang=${language}&date=2026-01-01`,
      `?lang=${language}&notice=name`,
    ]) {
      await page.goto(`${stage.base}/reception${query}`)
      expect(await violations(page), query).toEqual([])
    }
    await context.close()
  })
})

test('axe does find what is wrong', async () => {
  const { page, context } = await browse(stage.browser, SIZES.landscape)
  await page.goto(`${stage.base}/`)
  await page.setContent('<html><body><img src="data:,"><input><font color="#bbbbbb">pale</font></body></html>')
  const found = await violations(page)
  for (const rule of ['image-alt', 'label', 'color-contrast', 'html-has-lang']) expect(found.join('\n')).toContain(rule)
  await context.close()
})
