import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { createAuthority, isDue, issueCertificate } from './certificate-authority.ts';
import { workloadIn } from './workload-certificate.ts';

test('a certificate proves its workload, was signed by its authority, and fits its key', () => {
  const authority = createAuthority();
  const pem = issueCertificate(authority, 'order', 3_600_000);
  const certificate = new X509Certificate(pem);
  const root = new X509Certificate(authority.certificate);
  assert.equal(certificate.verify(root.publicKey), true);
  assert.equal(certificate.verify(new X509Certificate(createAuthority().certificate).publicKey), false);
  assert.equal(certificate.checkIssued(root), true);
  assert.equal(certificate.checkPrivateKey(createPrivateKey(pem)), true);
  assert.equal(certificate.ca, false);
  assert.equal(root.ca, true);
  assert.equal(workloadIn(certificate.subjectAltName), 'order');
  const seconds = (Date.parse(certificate.validTo) - Date.now()) / 1000;
  assert(seconds > 3590 && seconds <= 3600, `${seconds} s`);
});

test('other names, two identities, or somebody else’s trust domain prove nothing', () => {
  for (const names of [
    undefined,
    '',
    'DNS:order.shopverse.svc.cluster.local',
    'URI:spiffe://cluster.local/ns/shopverse/sa/order, URI:spiffe://cluster.local/ns/shopverse/sa/edge',
    'URI:spiffe://elsewhere/ns/shopverse/sa/order',
    'URI:spiffe://cluster.local/ns/other/sa/order',
    'URI:spiffe://cluster.local/ns/shopverse/sa/order/x',
    'DNS:"x, URI:spiffe://cluster.local/ns/shopverse/sa/order"',
  ]) {
    assert.equal(workloadIn(names), undefined, names);
  }
});

test('a certificate is due when half of its life is over, and what is none is due', () => {
  const pem = issueCertificate(createAuthority(), 'order', 3_600_000);
  assert.equal(isDue(pem), false);
  assert.equal(isDue(pem, Date.now() + 1_600_000), false);
  assert.equal(isDue(pem, Date.now() + 1_700_000), true);
  assert.equal(isDue(''), true);
});
