import { create, createFileRegistry, type Message, setExtension } from '@bufbuild/protobuf';
import type { GenMessage } from '@bufbuild/protobuf/codegenv2';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  file_google_protobuf_descriptor,
  MessageOptionsSchema,
} from '@bufbuild/protobuf/wkt';
import {
  file_shopverse_options_v1_options,
  TopicSchema,
  topic as topicOption,
} from '#gen/shopverse/options/v1/options_pb.ts';

/** A fact of tests: a number that somebody noted. */
export type Noted = Message & { number: number; text: string };

/** The value of a test's topic. */
export type TestEvent = Message & {
  event:
    | { case: 'noted'; value: Noted }
    | { case: 'erased'; value: Noted }
    | { case: undefined; value?: undefined };
};

/**
 * An event message `test.v1.TestEvent` whose facts are `Noted` and `Erased`, declared on a topic that a test made.
 * `facts` can leave one out or add one, as another version of the same contract would.
 */
export function testEvents(
  topic: string,
  facts: readonly string[] = ['noted', 'erased'],
): GenMessage<TestEvent> {
  const options = create(MessageOptionsSchema);
  setExtension(options, topicOption, create(TopicSchema, { name: topic, partitions: 3 }));
  const label = FieldDescriptorProto_Label.OPTIONAL;
  const messageName = (fact: string) => `${fact.charAt(0).toUpperCase()}${fact.slice(1)}`;
  const file = create(FileDescriptorProtoSchema, {
    name: 'test/v1/test_events.proto',
    package: 'test.v1',
    syntax: 'proto3',
    dependency: ['shopverse/options/v1/options.proto'],
    messageType: [
      {
        name: 'TestEvent',
        options,
        oneofDecl: [{ name: 'event' }],
        field: facts.map((name) => ({
          name,
          // The number follows from the name, so that two versions agree on those they share.
          number: 1 + ['noted', 'erased', 'moved'].indexOf(name),
          label,
          type: FieldDescriptorProto_Type.MESSAGE,
          typeName: `.test.v1.${messageName(name)}`,
          oneofIndex: 0,
          jsonName: name,
        })),
      },
      ...facts.map((name) => ({
        name: messageName(name),
        field: [
          { name: 'number', number: 1, label, type: FieldDescriptorProto_Type.INT32, jsonName: 'number' },
          { name: 'text', number: 2, label, type: FieldDescriptorProto_Type.STRING, jsonName: 'text' },
        ],
      })),
    ],
  });
  const registry = createFileRegistry(
    file,
    (name) =>
      [file_shopverse_options_v1_options, file_google_protobuf_descriptor].find(
        (known) => known.proto.name === name,
      )?.proto,
  );
  const message = registry.getMessage('test.v1.TestEvent');
  if (message === undefined) {
    throw new Error('The test event has no descriptor');
  }
  return message as GenMessage<TestEvent>;
}
