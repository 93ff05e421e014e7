// One patient at a time. What they gave is in the page and in variables, and goes with `wipe`; nothing is stored.
const page = document.getElementById('kiosk')
const { lang, csrf, agent, pairing, staff } = page.dataset
const SLOW_MS = 10_000
const OUT_MS = 15_000
const CALL_MS_MAX = 60_000
const AGENT_MS_MAX = 3_000
const READ_S = 20
const IDLE_S = 60
const WARN_S = 15
const MORE_S = 30
const CARD_GONE_S = 8
const KEY_GAP_MS = 1_000
const SCAN_LENGTH_MIN = 6
const OFFLINE_STOCK = 20
const SENT_AT_ONCE = 10

class Unreachable extends Error {}

const FIELDS = ['number', 'name', 'birth']
/** Citizen number, social insurance number or insurance card. */
const NUMBER = /^(\d{12}|\d{10}|[A-Z]{2}\d{13})$/

const one = (selector) => document.querySelector(selector)
const all = (selector) => [...document.querySelectorAll(selector)]

let run = 0
let view = 'start'
let stop = new AbortController()
let left = 0
let reader = {}
let lastCard = ''

async function call(url, body, headers, ms) {
  const mine = stop.signal
  let response
  try {
    response = await fetch(url, {
      method: body ? 'POST' : 'GET',
      headers: body ? { 'Content-Type': 'application/json', ...headers } : headers,
      body: JSON.stringify(body),
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.any([mine, AbortSignal.timeout(ms)]),
    })
  } catch (cause) {
    throw mine.aborted ? cause : new Unreachable()
  }
  return { status: response.status, body: await response.json().catch(() => ({})) }
}
async function gateway(path, body) {
  try {
    const answer = await call(path, body, { 'X-CSRF-Token': csrf, 'Accept-Language': lang }, CALL_MS_MAX)
    if (answer.status === 502 || answer.status === 504) throw new Unreachable()
    setOffline(false)
    return answer
  } catch (cause) {
    if (cause instanceof Unreachable) setOffline(true)
    throw cause
  }
}
const readerCall = (path, body, ms = AGENT_MS_MAX) =>
  call(agent.replace(/\/$/, '') + path, body, pairing === '' ? {} : { 'X-Pairing-Code': pairing }, ms)

function setOffline(is) {
  one('#offline').hidden = !is
}

// Views

function show(name, end = '') {
  view = name
  for (const section of all('[data-view]')) section.hidden = section.dataset.view !== name
  for (const block of all('[data-end]')) block.hidden = block.dataset.end !== end
  const heading = one(end === '' ? `[data-view="${name}"] h1` : `[data-end="${end}"] h1`)
  if (name === 'start' || name === 'qr') one('#scan').focus()
  else heading.focus()
  one('#said').textContent =
    name === 'result' ? [...heading.parentElement.children].map((part) => part.textContent).join('. ') : ''
  left = name === 'start' || name === 'working' || end === 'locked' ? 0 : name === 'result' ? READ_S : IDLE_S
  showLeft()
}

function fill(name, text) {
  for (const place of all(`[data-fill="${name}"]`)) {
    place.textContent = text ?? ''
    place.parentElement.hidden = !text
  }
}

/** Plain words where there are some; what exactly was wrong, the reception sees. */
function fillList(selector, items = [], legacyCode = '') {
  const plain = (code) => all('#plain li').find(({ dataset }) => new RegExp(dataset.of).test(`${code} ${legacyCode}`))
  const texts = new Set(items.map(({ code, message }) => plain(code)?.textContent ?? message[lang]))
  const list = one(selector)
  list.replaceChildren(...[...texts].map((text) => Object.assign(document.createElement('li'), { textContent: text })))
  list.closest('.list').hidden = texts.size === 0
}

function wipe() {
  run += 1
  stop.abort()
  stop = new AbortController()
  one('#scan').value = ''
  for (const name of ['ticket', 'person', 'validTo', 'rate', 'asOf']) fill(name)
  fillList('#reasons')
  fillList('#offers')
  one('#sign-in').hidden = true
  one('#typed').reset()
  for (const name of FIELDS) markField(name, true)
  one('#said').textContent = ''
  show('start')
}

function showLeft() {
  const isResult = view === 'result'
  one('#clears').hidden = left === 0 || (!isResult && left > WARN_S)
  one('#still').hidden = isResult
  one('#clears b').textContent = String(left)
}

const day = (iso) => (lang === 'vi' ? iso.split('-').reverse().join('/') : iso)

function finish(answer) {
  const { outcome, ticket, member, coverage, eligibility, legacyCode, reasons, offers } = answer
  fill('ticket', ticket)
  fill('person', member && [member.name, member.birthYear].filter(Boolean).join(' · '))
  fill('validTo', coverage?.validTo && day(coverage.validTo))
  fill('rate', coverage?.benefitRateHere && `${coverage.benefitRateHere} %`)
  fill('asOf', eligibility?.stale && eligibility.asOf && day(eligibility.asOf))
  fillList('#reasons', outcome === 'admitted' ? [] : reasons, legacyCode)
  fillList('#offers', outcome === 'refused' ? offers : [])
  show('result', outcome)
}

function end(kind, ticket) {
  if (ticket) fill('ticket', ticket)
  one('#sign-in').hidden = kind !== 'locked'
  show('result', kind)
}

function step(at) {
  for (const item of all('[data-step]')) {
    const number = Number(item.dataset.step)
    const state = number < at ? 'done' : number === at ? 'now' : 'todo'
    item.className = state
    const words = item.querySelector('.state')
    words.textContent = words.dataset[state]
    if (state === 'now') one('#said').textContent = item.children[1].textContent
  }
}

// A check-in

/** Steps from the first moment; after 15 s a way out, while the answer may still come. */
function begin(isChip) {
  wipe()
  const mine = run
  const began = performance.now()
  one('#keep').hidden = !isChip
  show('working')
  step(isChip ? 0 : 1)
  const tick = () => {
    if (run !== mine || view !== 'working') return
    const ms = performance.now() - began
    one('#elapsed').textContent = String(Math.floor(ms / 1000))
    one('#progress').value = ms / 1000
    one('#usual').hidden = ms >= SLOW_MS
    one('#slow').hidden = ms < SLOW_MS
    if (ms >= OUT_MS) end('late')
    else setTimeout(tick, 250)
  }
  tick()
  return () => run === mine
}

async function attempt(isChip, work) {
  const isCurrent = begin(isChip)
  try {
    await work(isCurrent)
  } catch (cause) {
    if (isCurrent()) end(cause instanceof Unreachable ? 'late' : 'call')
  }
}

const kiosk = () => reader.kioskId && { kioskId: reader.kioskId }
const common = () => ({ ...kiosk(), ...(staff && { staff: { name: staff } }) })
const arrived = () => ({ visit: { arrivedAt: new Date().toISOString().replace(/\.\d+Z$/, 'Z') } })

async function send(identity, isCurrent) {
  const { status, body } = await gateway('/kiosk/check-ins', { ...common(), ...arrived(), identity })
  if (!isCurrent()) return
  step(2)
  if (status === 200) finish(body)
  else end(status === 401 ? 'locked' : status < 500 && status !== 429 ? 'invalid' : 'late')
}

const byChip = () =>
  attempt(true, async (isCurrent) => {
    const opened = await orKeep(gateway('/kiosk/challenges', { ticket: true, ...kiosk() }), undefined, isCurrent)
    if (!opened || !isCurrent()) return
    if (opened.status !== 200) return end(opened.status === 401 ? 'locked' : 'late')
    const { challengeId, nonce, ticket } = opened.body
    fill('ticket', ticket)
    let read
    try {
      read = await readerCall('/read', { challengeId, nonce }, CALL_MS_MAX)
    } catch {
      return isCurrent() && end('unread')
    }
    if (!isCurrent()) return
    if (read.status !== 200) return end('unread')
    step(1)
    await orKeep(send({ method: 'chip', challengeId, ...read.body }, isCurrent), undefined, isCurrent)
  })

const byIdentity = (identity) => attempt(false, (isCurrent) => orKeep(send(identity, isCurrent), identity, isCurrent))

/** A visit that does not reach the gateway is kept. */
async function orKeep(underWay, identity, isCurrent) {
  try {
    return await underWay
  } catch (cause) {
    if (!(cause instanceof Unreachable)) throw cause
    await keep(identity, isCurrent)
  }
}

/** No way to the gateway: the program beside the reader keeps it and gives a number. */
async function keep(identity, isCurrent) {
  const kept = await readerCall('/queue', { ...common(), ...arrived(), ...(identity && { identity }) }, CALL_MS_MAX)
  if (!isCurrent()) return
  if (kept.status === 200) end('kept', kept.body.ticket)
  else end(kept.body.error === 'no_card' || kept.body.error === 'unreadable' ? 'unread' : 'late')
}

// Typed

function markField(name, isGood) {
  one(`#${name}-fault`).hidden = isGood
  one(`#${name}`).ariaInvalid = isGood ? null : 'true'
  return isGood
}

function birthDate(text) {
  const [, d, m, y] = /^(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})$/.exec(text) ?? /^(\d{2})(\d{2})(\d{4})$/.exec(text) ?? []
  if (y === undefined) return /^(19|20)\d\d$/.test(text) ? text : undefined
  const iso = `${y}-${m.padStart(2, '0')}-${d.padStart(2, '0')}`
  return new Date(`${iso}T00:00:00Z`).toJSON()?.startsWith(iso) ? iso : undefined
}

function submitTyped() {
  const [number, name, born] = FIELDS.map((field) => one(`#${field}`).value.trim())
  const digits = number.replace(/[\s.-]/g, '').toUpperCase()
  const fullName = name.normalize('NFC')
  const birth = birthDate(born)
  const isDisaster = !one('#disaster').hidden
  const good = [
    markField('number', NUMBER.test(digits) || (isDisaster && digits === '')),
    markField('name', fullName.length > 1),
    markField('birth', birth !== undefined),
  ]
  if (good.includes(false)) return one(`#${FIELDS[good.indexOf(false)]}`).focus()
  const who = { fullName, birthDate: birth }
  if (digits === '') byIdentity({ method: 'attested', reason: 'disaster', ...who })
  else byIdentity({ method: 'card', ...(digits.length === 12 ? { personalId: digits } : { cardNumber: digits }), ...who })
}

// A scanner types like a keyboard, only faster

let lastKeyAt = 0

function scanned(text) {
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)) return byIdentity({ method: issuerOf(text), token: text })
  const [first, , name = '', born = ''] = text.split('|')
  const number = first.toUpperCase()
  if (!NUMBER.test(number)) {
    if (text.length < SCAN_LENGTH_MIN) return
    wipe()
    return end('foreign')
  }
  const birth = birthDate(born)
  // A name that an input method garbled is asked for again; its digits are not.
  if (/^[\p{L} '’-]{2,}$/u.test(name) && birth) {
    return byIdentity({ method: 'card', personalId: number, fullName: name.normalize('NFC'), birthDate: birth })
  }
  wipe()
  show('typed')
  one('#number').value = number
  if (birth) one('#birth').value = birth.split('-').reverse().join('/')
  one('#name').focus()
}

function issuerOf(token) {
  try {
    const said = atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'))
    return /vssid$/.test(JSON.parse(said).iss) ? 'vssid' : 'vneid'
  } catch {
    return 'vneid'
  }
}

addEventListener('keydown', (event) => {
  if (left > 0 && view !== 'result') left = IDLE_S
  const scan = one('#scan')
  if (event.ctrlKey || event.altKey || event.metaKey || view === 'working') return
  // The space bar presses what has the focus.
  const own = event.key === ' ' ? 'input, button' : 'input'
  if (event.target !== scan && (event.target.matches?.(own) || event.key.length > 1)) return
  // Whatever has the focus: the first key leads the rest into the field.
  scan.focus()
  if (performance.now() - lastKeyAt > KEY_GAP_MS) scan.value = ''
  lastKeyAt = performance.now()
  if (event.key !== 'Enter') return
  const text = scan.value.trim()
  scan.value = ''
  scanned(text)
})

// Touch

const DO = {
  chip: byChip,
  wipe,
  qr: () => open('qr'),
  typed: () => open('typed', '#number'),
  call() {
    const ticket = one('.ticket b').textContent
    wipe()
    end('call', ticket)
    readerCall('/bell', {}).catch(() => {})
  },
  more() {
    left += MORE_S
    showLeft()
  },
}
function open(name, focus) {
  wipe()
  show(name)
  one('#typed-disaster').hidden = one('#disaster').hidden
  if (focus) one(focus).focus()
}
addEventListener('click', (event) => {
  const doing = event.target.closest?.('[data-do]')?.dataset.do
  if (doing) DO[doing]()
  const tongue = event.target.closest?.('a[hreflang]')
  if (tongue) {
    event.preventDefault()
    location.replace(tongue.href)
  }
  if (left > 0 && view !== 'result') left = IDLE_S
})
one('#typed').addEventListener('submit', (event) => {
  event.preventDefault()
  submitTyped()
})

// Every second

function showReader(state) {
  for (const text of all('[data-reader]')) text.hidden = text.dataset.reader !== state
  one('[data-do="chip"]').disabled = state !== 'ready'
}

async function lookAtReader() {
  try {
    const { status, body } = await readerCall('/status')
    reader = status === 200 ? body : {}
    showReader(status === 200 && body.reader === 'ready' ? 'ready' : status === 401 ? 'pairing' : 'missing')
  } catch (cause) {
    if (!(cause instanceof Unreachable)) return
    reader = {}
    showReader('missing')
  }
  const card = reader.card ?? ''
  if (card === 'present' && lastCard === 'absent' && view === 'start') byChip()
  if (card === 'absent' && lastCard === 'present' && view === 'result' && left > CARD_GONE_S) left = CARD_GONE_S
  lastCard = card
  const waiting = reader.queue?.waiting ?? 0
  one('#waiting').hidden = waiting === 0
  one('#waiting b').textContent = String(waiting)
}

/** Between patients: what was kept offline is sent, and challenges for the next time without a connection are fetched. */
async function catchUp() {
  try {
    const { status, body } = await call('/kiosk/status', undefined, {}, AGENT_MS_MAX)
    setOffline(status >= 500)
    if (status === 401 && view === 'start') end('locked')
    if (status !== 200) return
    one('#disaster').hidden = !body.isDisaster
  } catch (cause) {
    if (cause instanceof Unreachable) setOffline(true)
    return
  }
  if (reader.queue?.waiting > 0) {
    const { body } = await readerCall(`/queue?max=${SENT_AT_ONCE}`)
    const entries = (body.items ?? []).map(({ entry }) => entry)
    const sent = entries.length === 0 ? undefined : await gateway('/kiosk/batch', { ...kiosk(), entries })
    // What can never be taken is not sent for ever; the gateway has noted it.
    const ids = (sent?.body.results ?? []).flatMap(({ status }, at) =>
      status < 500 && status !== 429 ? [body.items[at].id] : [],
    )
    if (ids.length > 0) await readerCall('/queue/done', { ids })
  }
  const stock = reader.offline?.challenges
  if (stock < OFFLINE_STOCK / 2 || reader.offline?.key === false) {
    const wish = { count: OFFLINE_STOCK - stock, offline: true, ticket: true, ...kiosk() }
    const [opened, key] = [await gateway('/kiosk/challenges', wish), await gateway('/kiosk/offline-keys', { ...kiosk() })]
    if (opened.status !== 200 || key.status !== 200) return
    await readerCall('/offline', { challenges: opened.body.challenges ?? [opened.body], key: key.body })
  }
}

let seconds = 0
setInterval(() => {
  seconds += 1
  if (left > 0) {
    left -= 1
    if (left === 0) wipe()
    else showLeft()
  }
  if (view !== 'working') lookAtReader().catch(() => {})
  if (view === 'start' && seconds % 5 === 0) catchUp().catch(() => {})
}, 1000)

// Coming back to a page of before shows nobody.
addEventListener('pagehide', wipe)
addEventListener('pageshow', (event) => event.persisted && location.reload())
addEventListener('contextmenu', (event) => event.preventDefault())
showReader('looking')
lookAtReader().catch(() => {})
show('start')
