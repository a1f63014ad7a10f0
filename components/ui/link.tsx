import NextLink, { type LinkProps } from 'next/link';

/**
 * A link to another page, which asks for nothing before it is followed: every page is rendered for its request, and
 * what could be fetched ahead is no more than its title.
 */
export function Link<RouteType>(props: Omit<LinkProps<RouteType>, 'prefetch'>) {
  return <NextLink {...(props as LinkProps<RouteType>)} prefetch={false} />;
}
