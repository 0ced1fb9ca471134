#!/usr/bin/env node
// server.js --listen ADDRESS: gRPC's interop service by @grpc/grpc-js. It doesn't tell whether a request came
// compressed, so expect_compressed is not served.
'use strict';

const { grpc, TestService, ECHO_INITIAL, ECHO_TRAILING } = require('./interop.js');

// Sends what has to come back at once; gives the trailing metadata.
function echoMetadata(call) {
  const initial = new grpc.Metadata();
  const trailing = new grpc.Metadata();
  for (const value of call.metadata.get(ECHO_INITIAL)) initial.add(ECHO_INITIAL, value);
  for (const value of call.metadata.get(ECHO_TRAILING)) trailing.add(ECHO_TRAILING, value);
  call.sendMetadata(initial);
  return trailing;
}

const statusOf = ({ code, message }, metadata) => ({ code, details: message, metadata });

// Each response after its interval_us.
async function respond(call, request) {
  for (const { size, interval_us: intervalUs } of request.response_parameters) {
    if (intervalUs > 0) await new Promise((resolve) => { setTimeout(resolve, intervalUs / 1000); });
    call.write({ payload: { body: Buffer.alloc(size) } });
  }
}

const service = {
  EmptyCall(call, done) {
    done(null, {}, echoMetadata(call));
  },
  UnaryCall(call, done) {
    const trailing = echoMetadata(call);
    const { response_status: status, response_size: size, fill_server_id: wantsId } = call.request;
    if (status) return done(statusOf(status, trailing));
    const server_id = wantsId ? `grpc-js ${process.pid}` : '';
    return done(null, { payload: { body: Buffer.alloc(size) }, server_id }, trailing);
  },
  async StreamingOutputCall(call) {
    const trailing = echoMetadata(call);
    await respond(call, call.request);
    call.end(trailing);
  },
  StreamingInputCall(call, done) {
    const trailing = echoMetadata(call);
    let total = 0;
    call.on('data', (request) => { total += request.payload.body.length; });
    call.on('end', () => done(null, { aggregated_payload_size: total }, trailing));
  },
  FullDuplexCall(call) {
    const trailing = echoMetadata(call);
    let ready = Promise.resolve();
    call.on('data', (request) => {
      if (request.response_status) call.emit('error', statusOf(request.response_status, trailing));
      else ready = ready.then(() => respond(call, request));
    });
    call.on('end', () => ready.then(() => call.end(trailing)));
  },
};

const listen = process.argv[process.argv.indexOf('--listen') + 1 || process.argv.length] || '127.0.0.1:0';
const server = new grpc.Server();
server.addService(TestService.service, service);
server.bindAsync(listen, grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) {
    console.error(`server.js: ${error.message}`);
    process.exit(2);
  }
  const address = listen.startsWith('unix:') ? listen : `${listen.slice(0, listen.lastIndexOf(':'))}:${port}`;
  console.log(`listening on ${address}`);
});
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    server.forceShutdown();
    process.exit(0);
  });
}
