#!/usr/bin/env node
// client.js --target ADDRESS --test-case NAME: gRPC's interop cases by @grpc/grpc-js. Exit code 0 when all of
// the case's demands held. grpc-js doesn't tell whether a response came compressed, so the server_compressed
// cases look at sizes and order only; a single message of a stream can't be left uncompressed, so there is no
// client_compressed_streaming.
'use strict';

const assert = require('assert');
const { grpc, TestService, UnimplementedService, ECHO_INITIAL, ECHO_TRAILING } = require('./interop.js');

const LIMIT_MS = 60000; // bounds only what hangs
const GZIP = 2;
const REQUEST_SIZES = [27182, 8, 1828, 45904];
const RESPONSE_SIZES = [31415, 9, 2653, 58979];
const LARGE_REQUEST = 271828;
const LARGE_RESPONSE = 314159;
const NEAR_LIMIT = 4 * 1024 * 1024 - 1024;
const SPECIAL_MESSAGE = '\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \u{1f608}\t\n';
const { UNKNOWN, INVALID_ARGUMENT, UNIMPLEMENTED, CANCELLED, DEADLINE_EXCEEDED } = grpc.status;

const within = (ms) => ({ deadline: Date.now() + ms });
const payload = (size) => ({ body: Buffer.alloc(size) });
const largeRequest = (more) => ({ response_size: LARGE_RESPONSE, payload: payload(LARGE_REQUEST), ...more });

function makeClient(options, Service = TestService, more = {}) {
  return new Service(options.target, grpc.credentials.createInsecure(), more);
}

function assertZeros(response, size) {
  assert.ok(response.payload.body.equals(Buffer.alloc(size)), `not ${size} bytes of zero`);
}

// The response, the initial metadata and the final status of a unary call.
function unary(client, method, request, metadata = new grpc.Metadata(), options = within(LIMIT_MS)) {
  return new Promise((resolve, reject) => {
    const outcome = {};
    const call = client[method](request, metadata, options, (error, response) => {
      outcome.response = response;
      if (error) reject(error);
    });
    call.on('metadata', (initial) => { outcome.initial = initial; });
    call.on('status', (status) => {
      outcome.status = status;
      if (status.code === grpc.status.OK) setImmediate(resolve, outcome);
    });
  });
}

async function largeUnary(client, more) {
  assertZeros((await unary(client, 'UnaryCall', largeRequest(more))).response, LARGE_RESPONSE);
}

// All responses of a streaming call and its status; the status of one that fails is no exception.
function collect(call) {
  return new Promise((resolve) => {
    const outcome = { responses: [] };
    call.on('metadata', (initial) => { outcome.initial = initial; });
    call.on('data', (response) => outcome.responses.push(response));
    call.on('error', () => {});
    call.on('status', (status) => resolve({ ...outcome, status }));
  });
}

async function assertFails(promise, code, details) {
  const error = await promise.then(() => assert.fail('the call succeeded'), (reason) => reason);
  assert.strictEqual(error.code, code, String(error));
  if (details !== undefined) assert.strictEqual(error.details, details);
}

function assertStatus(outcome, code, details) {
  assert.strictEqual(outcome.status.code, code, outcome.status.details);
  if (details !== undefined) assert.strictEqual(outcome.status.details, details);
}

const sizesOf = (responses) => responses.map((response) => response.payload.body.length);

function echoed() {
  const metadata = new grpc.Metadata();
  metadata.set(ECHO_INITIAL, 'test_initial_metadata_value');
  metadata.set(ECHO_TRAILING, Buffer.from('ababab', 'hex'));
  return metadata;
}

function assertEchoed(outcome) {
  assert.deepStrictEqual(outcome.initial.get(ECHO_INITIAL), ['test_initial_metadata_value']);
  assert.deepStrictEqual(outcome.status.metadata.get(ECHO_TRAILING), [Buffer.from('ababab', 'hex')]);
}

const cases = {
  async empty_unary(client) {
    assert.deepStrictEqual((await unary(client, 'EmptyCall', {})).response, {});
  },
  large_unary: (client) => largeUnary(client),
  async client_compressed_unary(client, options) {
    const compressing = makeClient(options, TestService, { 'grpc.default_compression_algorithm': GZIP });
    await assertFails(largeUnary(client, { expect_compressed: { value: true } }), INVALID_ARGUMENT);
    await largeUnary(compressing, { expect_compressed: { value: true } });
    await largeUnary(client, { expect_compressed: { value: false } });
    compressing.close();
  },
  async server_compressed_unary(client) {
    for (const value of [true, false]) await largeUnary(client, { response_compressed: { value } });
  },
  async server_compressed_streaming(client) {
    const response_parameters = [{ size: 31415, compressed: { value: true } },
      { size: 92653, compressed: { value: false } }];
    const outcome = await collect(client.StreamingOutputCall({ response_parameters }, within(LIMIT_MS)));
    assertStatus(outcome, grpc.status.OK);
    assert.deepStrictEqual(sizesOf(outcome.responses), [31415, 92653]);
  },
  special_status_message: (client) => assertFails(
    unary(client, 'UnaryCall', { response_status: { code: UNKNOWN, message: SPECIAL_MESSAGE } }),
    UNKNOWN, SPECIAL_MESSAGE),
  async status_code_and_message(client) {
    const response_status = { code: UNKNOWN, message: 'test status message' };
    await assertFails(unary(client, 'UnaryCall', { response_status }), UNKNOWN, 'test status message');
    const call = client.FullDuplexCall(within(LIMIT_MS));
    call.write({ response_status });
    call.end();
    assertStatus(await collect(call), UNKNOWN, 'test status message');
  },
  async custom_metadata(client) {
    assertEchoed(await unary(client, 'UnaryCall', largeRequest(), echoed()));
    const call = client.FullDuplexCall(echoed(), within(LIMIT_MS));
    call.write({ response_parameters: [{ size: LARGE_RESPONSE }], payload: payload(LARGE_REQUEST) });
    call.end();
    const outcome = await collect(call);
    assertStatus(outcome, grpc.status.OK);
    assert.deepStrictEqual(sizesOf(outcome.responses), [LARGE_RESPONSE]);
    assertEchoed(outcome);
  },
  unimplemented_method: (client) => assertFails(unary(client, 'UnimplementedCall', {}), UNIMPLEMENTED),
  async unimplemented_service(_client, options) {
    const missing = makeClient(options, UnimplementedService);
    await assertFails(unary(missing, 'UnimplementedCall', {}), UNIMPLEMENTED);
    missing.close();
  },
  async client_streaming(client) {
    const response = await new Promise((resolve, reject) => {
      const done = (error, value) => (error ? reject(error) : resolve(value));
      const call = client.StreamingInputCall(within(LIMIT_MS), done);
      for (const size of REQUEST_SIZES) call.write({ payload: payload(size) });
      call.end();
    });
    assert.strictEqual(response.aggregated_payload_size, 74922);
  },
  async server_streaming(client) {
    const response_parameters = RESPONSE_SIZES.map((size) => ({ size }));
    const outcome = await collect(client.StreamingOutputCall({ response_parameters }, within(LIMIT_MS)));
    assertStatus(outcome, grpc.status.OK);
    assert.deepStrictEqual(sizesOf(outcome.responses), RESPONSE_SIZES);
  },
  async ping_pong(client) {
    const call = client.FullDuplexCall(within(LIMIT_MS));
    let round = 0;
    const ask = () => {
      if (round === REQUEST_SIZES.length) return call.end();
      call.write({ response_parameters: [{ size: RESPONSE_SIZES[round] }], payload: payload(REQUEST_SIZES[round]) });
      round += 1;
      return undefined;
    };
    call.on('data', ask);
    ask();
    const outcome = await collect(call);
    assertStatus(outcome, grpc.status.OK);
    assert.deepStrictEqual(sizesOf(outcome.responses), RESPONSE_SIZES);
  },
  async empty_stream(client) {
    const call = client.FullDuplexCall(within(LIMIT_MS));
    call.end();
    const outcome = await collect(call);
    assertStatus(outcome, grpc.status.OK);
    assert.deepStrictEqual(outcome.responses, []);
  },
  cancel_after_begin: (client) => assertFails(new Promise((resolve, reject) => {
    const call = client.StreamingInputCall((error) => (error ? reject(error) : resolve()));
    call.cancel();
  }), CANCELLED),
  async cancel_after_first_response(client) {
    const call = client.FullDuplexCall(within(LIMIT_MS));
    call.on('data', () => call.cancel());
    call.write({ response_parameters: [{ size: RESPONSE_SIZES[0] }], payload: payload(REQUEST_SIZES[0]) });
    const outcome = await collect(call);
    assertStatus(outcome, CANCELLED);
    assert.deepStrictEqual(sizesOf(outcome.responses), [RESPONSE_SIZES[0]]);
  },
  async timeout_on_sleeping_server(client) {
    const call = client.FullDuplexCall(within(1));
    call.write({ payload: payload(REQUEST_SIZES[0]) });
    assertStatus(await collect(call), DEADLINE_EXCEEDED);
  },
  timeout_on_large_unary: (client) => assertFails(
    unary(client, 'UnaryCall', { response_size: NEAR_LIMIT, payload: payload(NEAR_LIMIT) },
      new grpc.Metadata(), within(1)), DEADLINE_EXCEEDED),
  async rpc_soak(client, options) {
    for (let i = 0; i < options.soakIterations; i += 1) await largeUnary(client);
  },
  async channel_soak(_client, options) {
    for (let i = 0; i < options.soakIterations; i += 1) {
      const own = makeClient(options, TestService, { 'grpc.use_local_subchannel_pool': 1 });
      await largeUnary(own);
      own.close();
    }
  },
  async long_lived_channel(client, options) {
    for (let i = 0; i < options.soakIterations; i += 1) {
      await largeUnary(client);
      await new Promise((resolve) => { setTimeout(resolve, 300); });
    }
  },
  concurrent_large_unary: (client) => Promise.all(Array.from({ length: 1000 }, () => largeUnary(client))),
  async pick_first_unary(client) {
    const servers = new Set();
    for (let i = 0; i < 100; i += 1) {
      servers.add((await unary(client, 'UnaryCall', { fill_server_id: true })).response.server_id);
    }
    assert.strictEqual(servers.size, 1);
    assert.ok(!servers.has(''));
  },
};

function optionsFrom(args) {
  const value = (name) => args[args.indexOf(name) + 1 || args.length];
  return { target: value('--target'), name: value('--test-case'),
    soakIterations: Number(value('--soak-iterations') || 100) };
}

async function main() {
  const options = optionsFrom(process.argv.slice(2));
  if (!options.target || !Object.hasOwn(cases, options.name || '')) {
    console.error('client.js: --target ADDRESS --test-case NAME, one of', Object.keys(cases).join(' '));
    return 2;
  }
  const client = makeClient(options);
  try {
    await cases[options.name](client, options);
  } catch (error) {
    console.error(`client.js: ${options.name}: ${error.message}`);
    return 1;
  } finally {
    client.close();
  }
  console.log(`${options.name}: passed`);
  return 0;
}

main().then((code) => process.exit(code));
