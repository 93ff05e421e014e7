import { once } from 'node:events'
import { createServer } from 'node:net'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { provisionChromium } from '../../../scripts/provision/chromium.ts'
import { makeAuthority } from '../../../src/check-in/test-authority/authority.ts'
import { cloned, issueCard } from '../../../src/check-in/test-authority/card-simulator.ts'
import { type Citizen, makeCitizen } from '../../../src/check-in/test-authority/citizens.ts'
import { startSimulatedReader } from '../../../src/cli/simulated-reader.ts'
import { systemClock } from '../../../src/platform/clock.ts'
import { docsRoutes } from '../../../web/docs.ts'
import { deskFiles, deskPages } from '../../../web/pages.ts'
import { P256_CHIP } from '../../check-in/make-question.ts'
import { openTestDesk } from '../../check-in/support/desk.ts'
import { makeMember } from '../../support/make-member.ts'

export const PAIRING = 'pair-1234'
export const SIZES = { portrait: { width: 1080, height: 1920 }, landscape: { width: 1280, height: 800 } } as const
const PEOPLE = ['genuine', 'renamed', 'expired', 'cloned', 'offline', 'typed', 'slow', 'more'] as const
export type Person = (typeof PEOPLE)[number]

/** The desk with its real check-ins and register, a simulated reader, and a browser at its pages. */
export async function openKioskStage() {
  const authority = makeAuthority({ today: new Date().toISOString().slice(0, 10), signers: ['p256'] })
  const port = await freePort()
  const agentUrl = `http://127.0.0.1:${port}`
  const mode = { isDisaster: false }
  const desk = await openTestDesk(authority, [], {
    pages: [docsRoutes(), deskFiles()],
    desk: { pages: deskPages, kioskAgentUrl: agentUrl, isDisaster: async () => mode.isDisaster, secure: false },
  })
  await desk.startRecorder()
  const citizens = Object.fromEntries(PEOPLE.map((name, index) => [name, makePerson(index)])) as Record<Person, Citizen>
  await registerPeople(desk, citizens)
  const [signer] = Object.values(authority.signers)
  const cards = new Map(
    PEOPLE.map((name) => {
      const card = issueCard({ citizen: citizens[name], signer: signer!, form: P256_CHIP })
      return [name as string, name === 'cloned' ? cloned(card) : card]
    }),
  )
  const clock = systemClock
  const reader = await startSimulatedReader({ cards, origin: desk.gateway.base, pairing: PAIRING, port, clock })
  // Chromium refuses its sandbox to root; the pages are our own.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const browser = await chromium.launch({ executablePath: provisionChromium(() => {}), args })
  return {
    ...{ desk, reader, browser, citizens, mode, base: desk.gateway.base },
    async stop() {
      await browser.close()
      await reader.stop()
      await desk.stop()
    },
  }
}
export type KioskStage = Awaited<ReturnType<typeof openKioskStage>>

const makePerson = (index: number): Citizen => ({ ...makeCitizen('kiosk', index), expiresOn: '2040-12-28' })

async function registerPeople(desk: Awaited<ReturnType<typeof openTestDesk>>, citizens: Record<Person, Citizen>) {
  const today = desk.today()
  const year = Number(today.slice(0, 4))
  const members = PEOPLE.map((name) => {
    const { personalId, fullName, birthDate } = citizens[name]
    const known = fullName.normalize('NFC').toUpperCase()
    const validTo = name === 'expired' ? `${year}-01-31` : `${year + 1}-12-31`
    return makeMember({
      personalId,
      birthDate,
      fullName: name === 'renamed' ? `${known.split(' ').slice(0, -1).join(' ')} QUYÊN` : known,
      coverages: [{ cardNumber: cardNumberOf(citizens[name]), validFrom: `${year}-01-01`, validTo }],
    })
  })
  await desk.importLines('members', [{ asOf: today }, ...members])
}

export const cardNumberOf = ({ personalId }: Citizen) => `DN401${personalId.slice(-10)}`

export interface Seen {
  readonly context: BrowserContext
  readonly page: Page
  readonly addresses: string[]
  readonly complaints: string[]
}

/** A browser of its own; what it asked for and complained about is noted. */
export async function browse(browser: Browser, viewport: { width: number; height: number }): Promise<Seen> {
  const context = await browser.newContext({ viewport, reducedMotion: 'reduce', locale: 'vi-VN' })
  const page = await context.newPage()
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
  return { context, page, addresses, complaints }
}

/** By the form, as people do. */
export async function signIn(
  { page }: Seen,
  { base, desk }: KioskStage,
  { role, to, staff = '' }: { role: 'facility' | 'kiosk'; to: string; staff?: string },
): Promise<void> {
  const { clientId, secret } = desk.gateway.register('01999', role)
  await page.goto(`${base}${to}`)
  await page.locator('#client').fill(clientId)
  await page.locator('#secret').fill(secret)
  await page.locator('#staff').fill(staff)
  await page.locator('#pairing').fill(PAIRING)
  await page.locator('main button[type=submit]').click()
  await page.waitForURL(`${base}${to}`)
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  await new Promise((done) => probe.close(done))
  return port
}
