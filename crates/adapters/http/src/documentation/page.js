'use strict';

// Shows the OpenAPI document of the listener that this page came from. Texts of the document become text nodes, never markup.

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const PUBLIC = '/openapi.json';

// The document of the listener itself, where it is not the one that serves the public calls.
const own = document.documentElement.dataset.own;
const callsAreHere = document.documentElement.dataset.calls === 'here';
const byId = (id) => document.getElementById(id);

/** An element with properties and children. */
function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A text with `code` between backticks, and a paragraph for each blank line. */
function prose(text) {
  const paragraphs = (text ?? '').split('\n\n').filter((paragraph) => paragraph !== '');
  return paragraphs.map((paragraph) => {
    const parts = paragraph.split('`').map((part, at) => (at % 2 === 1 ? element('code', {}, part) : part));
    return element('p', {}, ...parts);
  });
}

/** What a reference names in the document, or the value itself. */
function resolved(api, value) {
  if (!value?.$ref) return value;
  return value.$ref.replace(/^#\//, '').split('/').reduce((found, step) => found?.[step], api);
}

function typeOf(schema) {
  if (schema.oneOf) return 'one of';
  const types = [].concat(schema.type ?? 'any value');
  const format = schema.format ? ` (${schema.format})` : '';
  return types.join(' or ') + format;
}

function limitsOf(schema) {
  const limits = [];
  if (schema.enum) limits.push(schema.enum.map((value) => JSON.stringify(value)).join(', '));
  if (schema.minimum !== undefined || schema.maximum !== undefined) limits.push(`${schema.minimum ?? ''} to ${schema.maximum ?? ''}`);
  if (schema.maxLength !== undefined) limits.push(`${schema.minLength ?? 0} to ${schema.maxLength} characters`);
  if (schema.pattern) limits.push(schema.pattern);
  return limits.length > 0 ? ` [${limits.join('; ')}]` : '';
}

/** A schema as a list that can be nested. `seen` ends circles. */
function shape(api, value, seen = []) {
  const name = value?.$ref;
  const schema = resolved(api, value);
  if (!schema || (name && seen.includes(name))) return element('span', {}, name ?? '');
  const below = name ? [...seen, name] : seen;
  const line = element('span', {}, element('code', {}, typeOf(schema)), limitsOf(schema), schema.description ? ` ${schema.description}` : '');
  const items = [];
  for (const one of schema.oneOf ?? []) items.push(element('li', {}, shape(api, one, below)));
  for (const [member, of] of Object.entries(schema.properties ?? {})) {
    const mark = (schema.required ?? []).includes(member) ? ' (always) ' : ' ';
    items.push(element('li', {}, element('code', {}, member), mark, shape(api, of, below)));
  }
  if (schema.items) items.push(element('li', {}, 'each: ', shape(api, schema.items, below)));
  return items.length > 0 ? element('div', {}, line, element('ul', { className: 'shape' }, ...items)) : line;
}

function example(value) {
  return element('pre', { dir: 'auto', tabIndex: 0 }, typeof value === 'string' ? value : JSON.stringify(value, null, 2));
}

/** A text between single quotes for a shell. */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The fields that make a request, and functions that read them. */
function requestForm(api, path, method, operation) {
  const inputs = (operation.parameters ?? []).map((parameter) => {
    const value = parameter.example === undefined ? '' : String(parameter.example);
    const input = element('input', { type: 'text', value, dir: 'auto', required: parameter.required === true });
    input.setAttribute('aria-label', `${parameter.name}, in the ${parameter.in}`);
    return { parameter, input };
  });
  const [type, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [null, null];
  const isForm = type === 'application/x-www-form-urlencoded';
  const text = content === null ? '' : isForm ? new URLSearchParams(content.example).toString() : JSON.stringify(content.example, null, 2);
  const body = content === null ? null : element('textarea', { value: text, dir: 'auto', spellcheck: false });
  body?.setAttribute('aria-label', 'body');
  const scheme = Object.keys(operation.security?.[0] ?? {})[0];

  function request() {
    let target = path;
    const query = new URLSearchParams();
    const headers = {};
    for (const { parameter, input } of inputs) {
      if (parameter.in === 'path') target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value !== '' && parameter.in === 'query') query.set(parameter.name, input.value);
      else if (input.value !== '' && parameter.in === 'header') headers[parameter.name] = input.value;
    }
    const credential = scheme ? byId(`credential-${scheme}`).value : '';
    if (credential !== '') headers.Authorization = `Bearer ${credential}`;
    if (body !== null) headers['Content-Type'] = type;
    const search = query.size > 0 ? `?${query}` : '';
    return { url: api.base().replace(/\/$/, '') + target + search, headers, body: body?.value };
  }

  function commandLine() {
    const { url, headers, body: sent } = request();
    const parts = ['curl', '-s', '-X', method.toUpperCase(), quoted(url)];
    for (const [name, value] of Object.entries(headers)) parts.push('-H', quoted(`${name}: ${value}`));
    if (sent !== undefined) parts.push('--data-raw', quoted(sent));
    return parts.join(' ');
  }

  return { inputs, body, request, commandLine };
}

/** The part of a call that can be tried out. */
function trial(api, path, method, operation) {
  const made = requestForm(api, path, method, operation);
  const line = element('pre', { dir: 'ltr', tabIndex: 0 });
  const answer = element('pre', { dir: 'auto', tabIndex: 0, hidden: true });
  answer.setAttribute('role', 'status');
  const update = () => { line.textContent = made.commandLine(); };
  const copy = element('button', { type: 'button' }, 'Copy the line');
  copy.addEventListener('click', () => navigator.clipboard?.writeText(line.textContent));
  const send = element('button', { type: 'submit', hidden: !api.isHere }, 'Send');
  const form = element('form', {},
    ...(made.inputs.length > 0 ? [element('table', {}, element('tbody', {}, ...made.inputs.map(({ parameter, input }) => element('tr', {},
      element('td', {}, element('code', {}, parameter.name), ` in the ${parameter.in}`),
      element('td', {}, input),
      element('td', {}, parameter.description ?? '', ' ', shape(api, parameter.schema)),
    ))))] : []),
    ...(made.body ? [element('h3', {}, 'Body'), made.body, shape(api, Object.values(operation.requestBody.content)[0].schema)] : []),
    element('h3', {}, 'Request'), line,
    element('div', { className: 'row' }, copy, send), answer);
  form.addEventListener('input', update);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (!api.isHere) return;
    answer.hidden = false;
    answer.textContent = '…';
    try {
      const { url, headers, body } = made.request();
      const came = await fetch(url, { method: method.toUpperCase(), headers, body, credentials: 'omit' });
      const text = await came.text();
      let shown = text;
      try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* It is not JSON. */ }
      answer.textContent = `${came.status} ${came.statusText}\n\n${shown}`;
    } catch (error) {
      answer.textContent = `Not sent: ${error.message}`;
    }
  });
  byId('settings').addEventListener('input', update);
  update();
  return form;
}

function answers(api, operation) {
  return Object.entries(operation.responses).map(([status, of]) => {
    const response = resolved(api, of);
    const content = Object.values(response.content ?? {})[0];
    const parts = [element('summary', {}, element('strong', {}, status), ` ${response.description ?? ''}`)];
    if (content?.schema) parts.push(shape(api, content.schema));
    if (content?.example !== undefined) parts.push(element('h3', {}, 'The answer to the example'), example(content.example));
    return element('details', {}, ...parts);
  });
}

function call(api, path, method, operation) {
  const summary = element('summary', {},
    element('span', { className: 'method' }, method.toUpperCase()), element('code', { dir: 'ltr' }, path),
    element('span', { className: 'what' }, operation.summary ?? ''));
  const shown = element('details', { className: 'call', id: operation.operationId }, summary);
  const words = [path, method, operation.operationId, operation.summary, operation.description].join(' ').toLowerCase();
  shown.dataset.words = words;
  // The content of a call is made when it is opened for the first time.
  shown.addEventListener('toggle', () => {
    if (!shown.open || shown.children.length > 1) return;
    shown.append(element('div', {}, ...prose(operation.description), trial(api, path, method, operation),
      element('h3', {}, 'Answers'), ...answers(api, operation)));
  });
  return shown;
}

/** Adds the calls of a document, and a field for each credential that they need. */
function renderCalls(api) {
  for (const [name, scheme] of Object.entries(api.components?.securitySchemes ?? {})) {
    const input = element('input', { id: `credential-${name}`, type: 'password', autocomplete: 'off', title: scheme.description ?? '' });
    byId('credentials').append(element('label', {}, name, ' ', input));
  }
  const operations = Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ path, method, operation: item[method] })));
  for (const { name, description } of api.tags ?? []) {
    const ofTag = operations.filter(({ operation }) => operation.tags.includes(name));
    byId('calls').append(element('section', {}, element('h2', {}, name), ...prose(description),
      ...ofTag.map(({ path, method, operation }) => call(api, path, method, operation))));
  }
}

function render(documents) {
  const [{ info }] = documents;
  document.title = `${info.title} ${info.version}`;
  byId('title').textContent = document.title;
  byId('about').append(...documents.flatMap((api) => prose(api.info.description)));
  byId('base').value = callsAreHere ? location.origin : location.origin.replace(/:\d+$/, ':8080');
  documents.forEach(renderCalls);
  byId('filter').addEventListener('input', () => {
    const wanted = byId('filter').value.toLowerCase().split(/\s+/);
    for (const shown of document.querySelectorAll('details.call')) {
      shown.hidden = !wanted.every((word) => shown.dataset.words.includes(word));
    }
  });
  byId('settings').addEventListener('submit', (event) => event.preventDefault());
  byId('settings').hidden = false;
  const opened = document.getElementById(location.hash.slice(1));
  if (opened?.matches('details.call')) opened.open = true;
  byId('state').textContent = callsAreHere ? '' : 'The public calls are served by another listener: set its base URL, and paste the lines.';
}

/** A document, where its calls are served, and whether this page can send them. */
async function load(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const isPublic = path === PUBLIC;
  const base = () => (isPublic ? byId('base').value : location.origin);
  return Object.assign(await answer.json(), { base, isHere: callsAreHere || !isPublic });
}

Promise.all([PUBLIC, own].filter((path) => path !== undefined).map(load))
  .then(render)
  .catch((error) => { byId('state').textContent = `The document can't be shown: ${error.message}`; });
