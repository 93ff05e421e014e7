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
  test('takes a credential, calls the gateway with it and shows the answer', async () => {
    const seen = await open('/docs')
    const { page } = seen
    await page.locator('button.authorize').first().click()
    const { clientId, secret } = gateway.register('01999')
    await page.locator('#client_id_clientCredentials').fill(clientId)
    await page.locator('#client_secret_clientCredentials').fill(secret)
    await page.locator('.modal-ux button.authorize').click()
    await page.getByText('Authorized').waitFor()
    await page.locator('.modal-ux button.btn-done').click()
    const block = page.locator('.opblock-get').filter({ hasText: 'list own claims' })
    await block.locator('.opblock-summary-control').click()
    await block.locator('.try-out__btn').click()
    await block.locator('button.execute').click()
    await block.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor()
    expect(await block.locator('.live-responses-table').textContent()).toContain('"nextCursor": null')
    expect(outside(seen)).toEqual([])
    expect(seen.complaints).toEqual([])
    await page.close()
  })
  test('keeps the national tables folded until somebody asks for them', async () => {
    const seen = await open('/docs')
    const { page } = seen
    const block = page.locator('.opblock-post').filter({ hasText: 'file a claim' })
    await block.locator('.opblock-summary-control').click()
    await block.locator('.tablinks', { hasText: 'Schema' }).first().click()
    await block.getByText('Any of').first().waitFor()
    expect(await block.locator('.model-example').first().textContent()).not.toContain('MA_DOITUONG_KCB')
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
