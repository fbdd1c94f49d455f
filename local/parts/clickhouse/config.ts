import type { Secrets } from '../../secrets.ts';

/**
 * How its consumers belong to their groups. One that comes back is known by its instance's id and takes the place of its
 * former self at once. A broker that was away is looked for each half second (a tenth of the interval) and not, as by
 * default, each minute, which is longer than a member may be silent.
 */
const MEMBERSHIP = `<group_instance_id>shopverse.clickhouse</group_instance_id>
    <session_timeout_ms>60000</session_timeout_ms>
    <coordinator_query_interval_ms>5000</coordinator_query_interval_ms>`;

/** config.xml of the server whose folder is `home`. */
export function renderServer(home: string): string {
  return `<clickhouse>
  <logger><level>warning</level><console>1</console></logger>
  <path>${home}/data/</path>
  <max_server_memory_usage>1200000000</max_server_memory_usage>
  <mark_cache_size>33554432</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <max_concurrent_queries>50</max_concurrent_queries>
  <background_pool_size>2</background_pool_size>
  <background_schedule_pool_size>8</background_schedule_pool_size>
  <background_message_broker_schedule_pool_size>16</background_message_broker_schedule_pool_size>
  <query_log><database>system</database><table>query_log</table><flush_interval_milliseconds>2000</flush_interval_milliseconds></query_log>
  <http_handlers>
    <rule>
      <url>/metrics</url>
      <handler><type>prometheus</type><expose_metrics>true</expose_metrics><expose_events>true</expose_events></handler>
    </rule>
    <defaults/>
  </http_handlers>
  <kafka>
    <client_id>shopverse.clickhouse</client_id>
    <auto_offset_reset>earliest</auto_offset_reset>
    ${MEMBERSHIP}
  </kafka>
  <users_config>users.xml</users_config>
  <user_directories><users_xml><path>${home}/users.xml</path></users_xml></user_directories>
</clickhouse>
`;
}

/**
 * users.xml: `writer` owns the tables, `reader` only reads, only tables, and only for so long. `default` is the launcher's own session,
 * which can open the ports and wait, and nothing else: the library asks no password of it, nor can it be shut out by address.
 */
export function renderUsers(secrets: Secrets): string {
  const user = (name: string, profile: string, grants = '') => `
    <${name}>
      <password>${secrets(`clickhouse/${name}`)}</password>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>${profile}</profile>
      <quota>default</quota>${grants}
    </${name}>`;
  // Tables, and not the functions that read files and other servers, which a read-only profile alone allows.
  const tablesOnly = `
      <grants>
        <query>GRANT SELECT, SHOW ON *.*</query>
      </grants>`;
  return `<clickhouse>
  <profiles>
    <default><max_memory_usage>600000000</max_memory_usage></default>
    <reader><readonly>2</readonly><max_execution_time>10</max_execution_time><max_memory_usage>400000000</max_memory_usage></reader>
  </profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <password></password>
      <networks><ip>::1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants>
        <query>GRANT SYSTEM LISTEN ON *.*</query>
        <query>GRANT SELECT ON system.numbers</query>
      </grants>
    </default>${user('writer', 'default')}${user('reader', 'reader', tablesOnly)}
  </users>
</clickhouse>
`;
}
