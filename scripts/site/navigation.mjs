// The pages of the site in their order. Pages of docs/ that are not listed follow at the end, under "More".
export const navigation = [
  {
    title: 'Start',
    pages: ['docs/index.md', 'docs/walkthrough.md', 'docs/when-not.md', 'docs/comparison.md', 'docs/faq.md'],
  },
  {
    title: 'Caching',
    pages: [
      'docs/loading.md',
      'docs/expiry.md',
      'docs/limits.md',
      'docs/eviction.md',
      'docs/warming.md',
      'docs/near-cache.md',
      'docs/transactions.md',
      'docs/commands.md',
      'docs/streaming.md',
      'docs/disk.md',
      'docs/hooks.md',
      'docs/values.md',
    ],
  },
  {
    title: 'Clusters',
    pages: [
      'docs/discovery.md',
      'docs/membership.md',
      'docs/messages.md',
      'docs/backups.md',
      'docs/routers.md',
      'docs/network.md',
      'docs/nats.md',
      'docs/static-nodes.md',
      'docs/kubernetes.md',
    ],
  },
  {
    title: 'Running it',
    pages: [
      'docs/operations.md',
      'docs/deploys.md',
      'docs/command-line.md',
      'docs/dashboard.md',
      'docs/metrics.md',
      'docs/errors.md',
      'docs/testing.md',
    ],
  },
  { title: 'Reference', pages: ['docs/api.md', 'docs/actions/README.md', 'packages/router/README.md'] },
  {
    title: 'Shown',
    pages: [
      'docs/conformance.md',
      'docs/compatibility.md',
      'docs/performance.md',
      'docs/scale.md',
      'docs/invariants.md',
      'docs/reliability.md',
    ],
  },
  {
    title: 'The project',
    pages: ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
  },
];
