import { type DescFile, getOption, hasOption } from '@bufbuild/protobuf';
import { file_shopverse_cart_v1_cart_events as cart } from '#gen/shopverse/cart/v1/cart_events_pb.ts';
import { file_shopverse_config_v1_config_events as config } from '#gen/shopverse/config/v1/config_events_pb.ts';
import { file_shopverse_gateway_v1_behaviour_events as behaviour } from '#gen/shopverse/gateway/v1/behaviour_events_pb.ts';
import { file_shopverse_inventory_v1_inventory_events as inventory } from '#gen/shopverse/inventory/v1/inventory_events_pb.ts';
import { file_shopverse_notification_v1_notification_events as notification } from '#gen/shopverse/notification/v1/notification_events_pb.ts';
import { topic } from '#gen/shopverse/options/v1/options_pb.ts';
import { file_shopverse_order_v1_order_events as order } from '#gen/shopverse/order/v1/order_events_pb.ts';
import { file_shopverse_payment_v1_payment_events as payment } from '#gen/shopverse/payment/v1/payment_events_pb.ts';
import { file_shopverse_product_v1_product_events as product } from '#gen/shopverse/product/v1/product_events_pb.ts';
import { file_shopverse_recommendation_v1_recommendation_events as recommendation } from '#gen/shopverse/recommendation/v1/recommendation_events_pb.ts';
import { file_shopverse_review_v1_review_events as review } from '#gen/shopverse/review/v1/review_events_pb.ts';
import { file_shopverse_user_v1_user_events as user } from '#gen/shopverse/user/v1/user_events_pb.ts';

const CONTRACTS: readonly DescFile[] = [
  ...[behaviour, cart, config, inventory, notification, order],
  ...[payment, product, recommendation, review, user],
];

/** The topics whose every record is archived: those that the domains' contracts declare. */
export function archivedTopics(): string[] {
  return CONTRACTS.flatMap((file) => file.messages)
    .filter((message) => hasOption(message, topic) && !getOption(message, topic).derived)
    .map((message) => getOption(message, topic).name)
    .sort();
}
