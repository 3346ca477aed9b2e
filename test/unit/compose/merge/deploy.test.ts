import { mergeCases } from './attribute.ts';

mergeCases('deploy', [
  [
    'mappings merge all the way down',
    '{replicas: 1, resources: {limits: {cpus: "1", memory: 1g}}}',
    '{resources: {limits: {cpus: "2"}, reservations: {memory: 1m}}}',
    '{replicas: 1, resources: {limits: {cpus: "2", memory: 1g}, reservations: {memory: 1m}}}',
  ],
]);
