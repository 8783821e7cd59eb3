'use strict'

const element = id => document.getElementById(id)
const list = element('messages')
const name = element('name'), customer = element('customer'), number = element('number'), text = element('text')
const reading = new Set()
let shown = ''

const remember = (key, value) => { try { localStorage.setItem(key, value) } catch { /* private window */ } }
const recall = (key, otherwise) => { try { return localStorage.getItem(key) || otherwise } catch { return otherwise } }

name.value = recall('name', 'Ana Müller')
customer.value = recall('customer', '16505551234')

function make(tag, className, content) {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (content !== undefined) made.textContent = content
  return made
}

function trouble(words) {
  element('trouble').hidden = !words
  element('trouble').textContent = words || ''
}

async function order(path, body) {
  const answer = await fetch('/simulator/phone/' + path, { method: 'POST', body: JSON.stringify(body) })
  if (!answer.ok) throw new Error((await answer.json()).problem || 'the simulator answered ' + answer.status)
}

function showNumbers(numbers, chosen) {
  const known = [...number.options].map(option => option.value).join()
  if (known !== numbers.map(each => each.id).join()) {
    number.replaceChildren(...numbers.map(each => new Option(each.name, each.id)))
    number.value = chosen || ''
  }
  const label = number.selectedOptions[0]?.textContent || '?'
  element('avatar').textContent = label.trim().charAt(0).toUpperCase()
}

function bubble(message, all) {
  const item = make('li', message.from === 'customer' ? 'bubble mine' : 'bubble')
  const answered = message.replies_to && all.find(other => other.wamid === message.replies_to)
  if (answered) item.append(make('div', 'quoted', answered.text))
  if (message.file) item.append(attachment(message))
  if (message.text || !message.file) item.append(make('p', '', message.text))
  const time = new Date(message.at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
  const mark = message.from === 'customer' ? (message.done ? ' ✓' : ' …') : (message.tapped ? ' · opened' : '')
  const small = make('small', '', time + mark)
  if (message.from === 'customer') small.title = message.done ? 'Ingress has it' : 'Ingress has not answered yet'
  item.append(small)
  if (message.button) {
    const button = make('button', '', '↗ ' + message.button)
    button.type = 'button'
    button.addEventListener('click', () => tap(message))
    item.append(button)
  }
  return item
}

function attachment(message) {
  const address = '/simulator/media?' + new URLSearchParams({ id: message.file })
  if (/^image\//.test(message.file_type)) {
    const picture = make('img', 'picture')
    picture.src = address
    picture.alt = 'A picture that you sent'
    return picture
  }
  const link = make('a', 'file', message.file_name || message.file_type)
  link.href = address
  return link
}

function show(messages) {
  const next = JSON.stringify(messages)
  if (next === shown) return
  shown = next
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80
  const items = []
  let day = ''
  for (const message of messages) {
    const date = new Date(message.at).toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long' })
    if (date !== day) items.push(make('li', 'day', day = date))
    items.push(bubble(message, messages))
  }
  if (!items.length) items.push(make('li', 'empty', 'Write something: the business receives it as a WhatsApp message.'))
  list.replaceChildren(...items)
  if (atEnd) list.scrollTop = list.scrollHeight
}

function markRead(messages) {
  if (document.hidden) return
  for (const message of messages) {
    if (message.from !== 'business' || message.done || reading.has(message.wamid)) continue
    reading.add(message.wamid)
    order('read', { wamid: message.wamid }).catch(() => reading.delete(message.wamid))
  }
}

async function refresh() {
  const query = new URLSearchParams({ customer: customer.value, number: number.value })
  try {
    const answer = await fetch('/simulator/phone?' + query)
    const phone = await answer.json()
    showNumbers(phone.numbers, phone.number)
    show(phone.messages)
    markRead(phone.messages)
    trouble(phone.numbers.length ? '' : 'The simulator knows no business number yet.')
  } catch {
    trouble('The simulator does not answer. Is it still running?')
  }
}

async function tap(message) {
  element('address').textContent = message.url
  const isLink = /^https?:\/\//.test(message.url)
  if (isLink) element('open').href = message.url
  element('open').hidden = !isLink
  element('browser').showModal()
  try { await order('tap', { wamid: message.wamid }) } catch (error) { trouble(error.message) }
  refresh()
}

async function write() {
  const words = text.value.trim()
  if (!words) return
  try {
    await order('messages', { customer: customer.value, name: name.value, number: number.value, text: words })
    text.value = ''
    grow()
    trouble('')
    await refresh()
    list.scrollTop = list.scrollHeight
  } catch (error) { trouble('Not sent: ' + error.message) }
}

function inBase64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(file)
  })
}

async function attach() {
  const file = element('file').files[0]
  if (!file) return
  try {
    await order('media', {
      customer: customer.value, name: name.value, number: number.value, data: await inBase64(file),
      mime_type: file.type || 'application/octet-stream', filename: file.name, caption: text.value.trim() || null
    })
    text.value = ''
    grow()
    trouble('')
    await refresh()
    list.scrollTop = list.scrollHeight
  } catch (error) { trouble('Not sent: ' + error.message) }
  element('file').value = ''
}

function grow() {
  text.style.height = 'auto'
  text.style.height = Math.min(text.scrollHeight, 128) + 'px'
}

element('writer').addEventListener('submit', event => { event.preventDefault(); write() })
text.addEventListener('input', grow)
element('file').addEventListener('change', attach)
text.addEventListener('keydown', event => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); write() }
})
element('person').addEventListener('click', () => {
  const me = element('me')
  me.hidden = !me.hidden
  element('person').setAttribute('aria-expanded', String(!me.hidden))
})
element('me').addEventListener('submit', event => event.preventDefault())
name.addEventListener('change', () => remember('name', name.value))
customer.addEventListener('change', () => {
  if (!customer.checkValidity()) return
  remember('customer', customer.value)
  refresh()
})
number.addEventListener('change', refresh)
element('close').addEventListener('click', () => element('browser').close())

refresh().then(() => { list.scrollTop = list.scrollHeight })
setInterval(refresh, 1000)
