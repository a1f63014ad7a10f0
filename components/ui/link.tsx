import NextLink, { type LinkProps } from 'next/link';

/**
 * A link to another page, without prefetching: every page is rendered for its request, and little more than its title
 * could be fetched ahead.
 */
export function Link<RouteType>(props: Omit<LinkProps<RouteType>, 'prefetch'>) {
  return <NextLink {...(props as LinkProps<RouteType>)} prefetch={false} />;
}
