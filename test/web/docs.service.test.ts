import { randomBytes } from 'node:crypto'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { provisionChromium } from '../../scripts/provision/chromium.ts'
import { docsRoutes } from '../../web/docs.ts'
import { startGateway, type TestGateway } from '../support/ingest.ts'

/** The pages as a browser sees them, on the front door itself. */
let gateway: TestGateway
let browser: Browser
beforeAll(async () => {
  gateway = await startGateway({ deps: { pages: [docsRoutes()], randomBytes } })
  const executablePath = provisionChromium(() => {})
  // Chromium refuses its sandbox to root; the pages are our own.
  browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
})
afterAll(async () => {
  await browser?.close()
  await gateway?.stop()
})

interface Seen {
  readonly page: Page
  readonly addresses: string[]
  readonly complaints: string[]
}
async function open(path: string): Promise<Seen> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  const addresses: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => addresses.push(request.url()))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (cause) => complaints.push(cause.message))
  await page.addInitScript(
    `addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective))`,
  )
  await page.goto(gateway.base + path)
  return { page, addresses, complaints }
}
const outside = ({ addresses }: Seen) => addresses.filter((address) => !address.startsWith(`${gateway.base}/`))

describe('/docs', () => {
  test('shows every operation without a request to elsewhere, a breach of the policy or an error', async () => {
    const seen = await open('/docs')
    await seen.page.waitForSelector('.opblock')
    const shown = await seen.page.locator('.opblock-summary-path').allTextContents()
    // Zero-width marks let long addresses break.
    expect(shown.map((path) => path.replaceAll('\u200b', '')).sort()).toEqual(
      gateway.ingest.routes.map(({ template }) => template).sort(),
    )
    expect(await seen.page.title()).toContain('BHYT')
    expect(outside(seen)).toEqual([])
    expect(seen.complaints).toEqual([])
    await seen.page.close()
  })
  test('unfolds the filing of a claim, keeps the national tables folded, and gives a token and a dry run', async () => {
    const seen = await open('/docs')
    const { page } = seen
    await page.locator('.opblock', { hasText: '/v1/claims/dry-run' }).first().locator('.opblock-summary-control').click()
    const block = page.locator('.opblock.is-open')
    await block.getByText('Parameters').first().waitFor()
    expect(await block.textContent()).not.toContain('MA_DOITUONG_KCB: ')
    await page.locator('button.authorize').first().click()
    const { clientId, secret } = gateway.register('01999')
    await page
      .locator('#client_id_client\\ \\(OAuth2\\,\\ clientCredentials\\), input[name="clientId"], #client_id')
      .first()
      .fill(clientId)
    await page
      .locator('#client_secret_client\\ \\(OAuth2\\,\\ clientCredentials\\), input[name="clientSecret"], #client_secret')
      .first()
      .fill(secret)
    await page.locator('.modal-btn.authorize').first().click()
    await page.getByText('Authorized').first().waitFor()
    expect(outside(seen)).toEqual([])
    expect(seen.complaints).toEqual([])
    await page.close()
  })
})

describe.each(['/', '/problems'])('%s', (path) => {
  test('is readable without a script, an outside request or a complaint', async () => {
    const seen = await open(path)
    expect(await seen.page.locator('h1').textContent()).toMatch(/BHYT|Mã lỗi/)
    expect(outside(seen)).toEqual([])
    expect(seen.complaints).toEqual([])
    await seen.page.close()
  })
})

test('the address in a problem leads to its section', async () => {
  const seen = await open('/problems/stream.unconfirmed')
  expect(seen.page.url()).toBe(`${gateway.base}/problems#stream.unconfirmed`)
  expect(await seen.page.locator('[id="stream.unconfirmed"] h2').isVisible()).toBe(true)
  await seen.page.close()
})
