import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { provisionChromium } from '../../scripts/provision/chromium.ts'
import { docsRoutes } from '../../web/docs.ts'
import { explainTour } from '../support/explained.ts'
import { makeClaim } from '../support/fakes-ingest.ts'
import { startGateway, type TestGateway } from '../support/ingest.ts'

/** The page as a browser and a printer see it, with the claim of the tour. */
let gateway: TestGateway
let browser: Browser
let address: string
let token: string
beforeAll(async () => {
  const told = await explainTour()
  gateway = await startGateway({ deps: { pages: [docsRoutes()], explain: async () => told } })
  token = await gateway.token('01999')
  const { claimId } = (await (await gateway.post('/v1/claims', token, makeClaim())).json()) as { claimId: string }
  address = `/v1/claims/${claimId}/explanation`
  // Chromium refuses its sandbox to root; the page is our own.
  browser = await chromium.launch({
    executablePath: provisionChromium(() => {}),
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
})
afterAll(async () => {
  await browser?.close()
  await gateway?.stop()
})

async function open(query = '', width = 1000): Promise<{ page: Page; complaints: string[]; addresses: string[] }> {
  const page = await browser.newPage({
    viewport: { width, height: 1400 },
    extraHTTPHeaders: { authorization: `Bearer ${token}` },
  })
  const complaints: string[] = []
  const addresses: string[] = []
  page.on('request', (request) => addresses.push(request.url()))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  await page.goto(gateway.base + address + query)
  return { page, complaints, addresses }
}

describe('the page of an explanation', () => {
  test('asks nothing from elsewhere and breaks no policy', async () => {
    const { page, complaints, addresses } = await open()
    expect(complaints).toEqual([])
    expect(addresses.filter((one) => !one.startsWith(`${gateway.base}/`))).toEqual([])
    expect(await page.locator('svg.waterfall g').count()).toBe(6)
    await page.close()
  })
  test('can be read by those who hear it: language, one title, headings in order, named tables and picture', async () => {
    const { page } = await open('?lang=en')
    const heard = await page.evaluate(`({
      lang: document.documentElement.lang,
      levels: [...document.querySelectorAll('h1,h2,h3')].map((one) => Number(one.tagName[1])),
      unnamed: [...document.querySelectorAll('table')].filter((one) => one.querySelector('th') === null).length,
      scopes: [...document.querySelectorAll('th')].filter((one) => !one.hasAttribute('scope')).length,
      picture: document.querySelector('svg').getAttribute('aria-label'),
    })`)
    const { lang, levels, unnamed, scopes, picture } = heard as {
      lang: string
      levels: number[]
      unnamed: number
      scopes: number
      picture: string
    }
    expect([lang, levels.filter((level) => level === 1).length, unnamed, scopes]).toEqual(['en', 1, 0, 0])
    expect(levels.every((level, at) => at === 0 || level <= levels[at - 1]! + 1)).toBe(true)
    expect(picture).toContain('fund pays')
    await page.close()
  })
  test('prints on A4 without losing a column, and no line of it is wider than the paper', async () => {
    const { page } = await open('', 720)
    await page.emulateMedia({ media: 'print' })
    const wide = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
    expect(wide).toBeLessThanOrEqual(0)
    const pdf = await page.pdf({ format: 'A4' })
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    await page.close()
  })
})
